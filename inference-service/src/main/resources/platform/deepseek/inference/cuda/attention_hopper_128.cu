// architecture: compute_90a
// Attention of prompts on Hopper, for heads of 128 channels.
#define HEAD_SIZE 128
#include "attention_hopper.cuh"
