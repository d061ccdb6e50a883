// architecture: compute_90a
// Attention of prompts on Hopper, for heads of 64 channels.
#define HEAD_SIZE 64
#include "attention_hopper.cuh"
