// Attention for heads of 128 channels.
#define HEAD_SIZE 128
#include "attention.cuh"
