// Attention over the cache for heads of HEAD_SIZE channels: of single tokens (decode) and of pieces of prompts. One
// kernel file for each size includes this, because a model needs one of them and the driver takes a second for each.
// Every parameter is 64 bits wide. Queries and outputs are [rows][heads][HEAD_SIZE]. The key (c = 0) or value (c = 1) of
// slot s, position p, layer l, head h lies in the cache at (KvLayout)
// s * slotStride + p / 16 * tileStride + (((l * 2 + c) * kvHeads + h) * 16 + p % 16) * HEAD_SIZE * 2 bytes.
#pragma once
#include "attention_decode.cuh"
#include "attention_prompt.cuh"

// One token a row, which attends to positions 0..its own of its slot, as attention_plan.cu has cut the rows.
// Grid: kvHeads * ceil(heads / kvHeads / 8), items; blocks of w <= 8 warps; dynamic shared memory: the larger of
// w * 8 * (HEAD_SIZE + 2) and 1024 + w * 128 floats.
// For each block 8 * (HEAD_SIZE + 2) floats of partials; for each row and x one counter that is zero, and is again.
extern "C" __global__ void __launch_bounds__(256, 1) SIZED(attention_decode, HEAD_SIZE)(
    Element* out, const Element* queries, const char* cache, long long slotStride, long long tileStride,
    long long layer, const DecodeWork* work, float* partials, int* counters, double scale, long long heads,
    long long kvHeads) {
  DecodeAttention<HEAD_SIZE>::run(out, queries, cache, slotStride, tileStride, layer, work, partials, counters,
                                  (float)(scale * LOG2_E), (int)heads, (int)kvHeads);
}

// Tiles are {firstRow, rowCount, slot, firstPosition}; a row at position p attends to positions 0..p, and
// rowCount * heads / kvHeads is at most 128 (short: 64). Grid: kvHeads, tiles; 128 threads; dynamic shared memory for
// 128 (64) queries and four blocks of 64 (HEAD_SIZE 256: 32) keys or values.
#define PROMPT(NAME, PARTS)                                                                                     \
  extern "C" __global__ void __launch_bounds__(128, 2) SIZED(NAME, HEAD_SIZE)(                                  \
      Element* out, const Element* queries, const char* cache, long long slotStride, long long tileStride,     \
      long long layer, const PromptTile* tiles, double scale, long long heads, long long kvHeads) {            \
    PromptAttention<HEAD_SIZE, PARTS>::run(out, queries, cache, slotStride, tileStride, layer, tiles,           \
                                          (float)(scale * LOG2_E), (int)heads, (int)kvHeads);                  \
  }

PROMPT(attention_prompt_short, 1)

// A warp's registers hold 32 rows of results up to this size. Small heads are those of small models.
#if HEAD_SIZE >= 64 && HEAD_SIZE <= 128
PROMPT(attention_prompt, 2)
#endif
