// Attention for heads of 256 channels.
#define HEAD_SIZE 256
#include "attention.cuh"
