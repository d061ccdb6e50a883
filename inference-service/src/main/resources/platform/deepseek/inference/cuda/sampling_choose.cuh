// The choice of a token by one block of threads, as sampling/Truncation has it, and log-probabilities
// as sampling/Logprobs.

// One search for each, from the same place of the code.
enum Step { LIMIT_COUNT, LIMIT_MASS, LIMIT_WEIGHT, DRAW, DRAW_AGAIN };

// What top-k, top-p and min-p leave is a first part of the tokens in falling order, so the shortest of
// them counts; and the draw goes down the same order.
__device__ __forceinline__ int draw(const View& view, Counts& counts) {
  Weight weight(counts.largest, view.temperature);
  Order order(counts);
  Tally kept = order.weigh(weight);
  Place place;
#pragma unroll 1
  for (int step = LIMIT_COUNT; step <= DRAW_AGAIN; step++) {
    bool wanted = true;
    Criterion criterion = COUNTS;
    double target = 0;
    if (step == LIMIT_COUNT) {
      wanted = view.flags & TOP_K;
      target = view.topK;
    } else if (step == LIMIT_MASS) {
      wanted = view.topP < 1;
      criterion = REACHES;
      target = fmax((double)view.topP * kept.mass, 1e-300);   // the likeliest token is kept always
    } else if (step == LIMIT_WEIGHT) {
      wanted = view.minP > 0;
      criterion = UNDERCUTS;
      target = fminf(view.minP, 1.0f);
    } else if (step == DRAW) {
      criterion = EXCEEDS;
      target = uniformOf(view.seed, view.position) * kept.mass;
    } else {
      wanted = place.kept.count > kept.count;   // sums were rounded differently
      target = kept.count;
    }
    if (wanted) {
      place = order.find(criterion, target, weight);
      kept = step < DRAW && place.kept.count < kept.count ? place.kept : kept;
    }
  }
  return tokenAt(counts.row, place.rank, place.n);
}

__shared__ u64 topKeys[MOST_TOP];

__device__ inline u64 topKey(float value, int token) {
  return (u64)ordered(value) << 32 | (u32)~token;
}

// Collects the keys of the likeliest tokens, smaller ids first on a tie: those above the last value in
// any order, of the last value itself the first ones. Returns how many there are.
__device__ __forceinline__ int collectTop(
    const Row& row, Order& order, const Weight& weight, int top) {
  Place last = order.find(COUNTS, top, weight);
  int found = (int)last.kept.count;
  float bound = valueOf(last.rank);
  if (threadIdx.x == 0) {
    w.index = 0;
  }
  __syncthreads();
  int segments = segmentOf(row.groups() - 1) + 1;
#pragma unroll 1
  for (int segment = threadIdx.x / 32; segment < segments; segment += WARPS) {
    if (maxima[segment % MAXIMA] <= ordered(bound)) {
      continue;
    }
    Eights eights(row, segment);
#pragma unroll
    for (int u = 0; u < LOADS; u++) {
      __half2 most = largestOf(eights.of[u]);
      if (fmaxf(clean(__low2float(most)), clean(__high2float(most))) > bound) {
        int first = row.firstOf(eights.group + u * 32);
        int end = min(first + GROUP, row.size);
#pragma unroll 1
        for (int token = max(0, first); token < end; token++) {
          float value = row.at(token);
          if (value > bound) {
            topKeys[atomicAdd(&w.index, 1)] = topKey(value, token);
          }
        }
      }
    }
  }
  int above = found - (int)last.n;
  for (int i = above; i < found; i++) {
    int token = tokenAt(row, last.rank, i - above + 1);
    if (threadIdx.x == 0) {
      topKeys[i] = topKey(bound, token);
    }
  }
  return found;
}

// Tokens of minus infinity are told when there are no others.
__device__ inline void fillTop(const Row& row, int found, int top) {
  if (threadIdx.x == 0) {
    for (int token = 0; token < row.size && found < top; token++) {
      if (row.at(token) == -INF) {
        topKeys[found++] = topKey(-INF, token);
      }
    }
  }
}

// The log-probability of the chosen token in the model's own distribution, and the likeliest ones.
__device__ __noinline__ void tell(
    const View& view, Counts counts, int token, Record& record) {
  const Row row = counts.row;
  Order order(counts);
  int top = min(view.top, min(MOST_TOP, row.size));
  bool broken = counts.largest == -INF;
  Weight weight(broken ? 0.0f : counts.largest, 1.0f);
  double logTotal = broken ? 0 : log(order.weigh(weight).mass);
  auto logprob = [&](int chosen) {
    return broken ? -INF : (float)((double)row.at(chosen) - (double)counts.largest - logTotal);
  };
  if (threadIdx.x == 0) {
    record.logprob = logprob(token);
    record.count = max(top, 0);
  }
  if (top <= 0) {
    return;
  }
  fillTop(row, broken ? 0 : collectTop(row, order, weight, top), top);
  __syncthreads();
  if ((int)threadIdx.x < top) {
    u64 own = topKeys[threadIdx.x];
    int place = 0;
    for (int i = 0; i < top; i++) {
      place += topKeys[i] > own;
    }
    int chosen = (int)~(u32)own;
    record.tokens[place] = chosen;
    record.logprobs[place] = logprob(chosen);
  }
}

__device__ void choose(
    const __half* logits, const View* views, const int* side, __half* adjusted, int* tokens,
    Record* records, int* last, int vocabulary, u32 words) {
  const View& view = views[blockIdx.x];
  bool greedy = view.flags & GREEDY;
  bool tells = view.record >= 0;
  if (greedy && !tells) {
    return;
  }
  Row model = modelRow(view, logits, vocabulary);
  Row row = model;
  if (!greedy && view.flags & ADJUSTED) {
    row.halves = changedRow(view, adjusted, vocabulary);
  }
  Counts counts(row, words);
  counts.count();
  int token;
  if (greedy) {
    token = tokens[blockIdx.x];
  } else {
    token = counts.largest == -INF ? firstAllowed(view, side) : draw(view, counts);
    if (threadIdx.x == 0) {
      tokens[blockIdx.x] = token;
      last[view.slot] = token;
    }
  }
  if (!tells) {
    return;
  }
  if (row.halves != model.halves) {
    counts = Counts(model, words);
    counts.count();
  }
  tell(view, counts, token, records[view.record]);
}
