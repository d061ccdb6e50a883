// Attention for heads of 32 channels.
#define HEAD_SIZE 32
#include "attention.cuh"
