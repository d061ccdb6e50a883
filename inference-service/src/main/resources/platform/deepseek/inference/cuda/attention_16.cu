// Attention for heads of 16 channels.
#define HEAD_SIZE 16
#include "attention.cuh"
