// Attention for heads of 96 channels.
#define HEAD_SIZE 96
#include "attention.cuh"
