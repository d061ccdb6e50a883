// Chooses the next token of many rows of fp16 logits, as package sampling does on the processor:
// log-probabilities of the model's own distribution; penalties, biases, mask; temperature, top-k,
// top-p, min-p; one draw, down the tokens in falling order.
//
//   sampling_scan    greedy rows are done by one pass for the largest; several blocks share a row.
//                    Rows with penalties, biases or a mask are changed here, into a copy.
//   sampling_choose  a block per row that draws or tells log-probabilities. It counts how often each
//                    value occurs, which says where in falling order the choice ends, and looks for
//                    the token there. So two passes do, whatever is cut and however flat the row is;
//                    the second one leaves out stretches of a row without so large a value.
//
// A row of 152,000 has far fewer distinct values where they are dense, and none of its tokens is sorted
// or weighed alone: the exponential, the processor's bit for bit, is worked out once for each value.
//
// Every parameter is 64 bits wide. DeviceSampler launches these kernels and owns the scratch memory:
//   adjusted  [adjusted rows][vocabulary to a multiple of 8] half, logits after penalties and mask
//   partials  [views][splits] keys         counters  [views] int, 0 before and after
// A key is the value's order in the high half and the complement of its token in the low half, so
// the largest key is the largest value and the smallest token on a tie; 0 is nothing.

#include "sampling_rows.cuh"
#include "sampling_scan.cuh"
#include "sampling_block.cuh"
#include "sampling_counts.cuh"
#include "sampling_order.cuh"
#include "sampling_tokens.cuh"
#include "sampling_choose.cuh"

extern "C" __global__ void __launch_bounds__(SCAN_THREADS) sampling_scan(
    const __half* logits, const View* views, const int* side, __half* adjusted, u64* partials,
    u32* counters, int* tokens, int* last, long long vocabulary) {
  scan(logits, views, side, adjusted, partials, counters, tokens, last, (int)vocabulary);
}

// `words` of 4 bytes are the block's dynamic shared memory: 32,768, or a smaller power of two.
extern "C" __global__ void __launch_bounds__(THREADS, 1) sampling_choose(
    const __half* logits, const View* views, const int* side, __half* adjusted, int* tokens,
    Record* records, int* last, long long vocabulary, long long words) {
  choose(logits, views, side, adjusted, tokens, records, last, (int)vocabulary, (u32)words);
}
