// Attention for heads of 64 channels.
#define HEAD_SIZE 64
#include "attention.cuh"
