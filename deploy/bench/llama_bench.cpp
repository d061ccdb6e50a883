// Speed of native llama.cpp, measured as our own EngineBench measures the engine:
//   llama_bench BACKEND_FOLDER MODEL THREADS PROMPT STEPS BATCH,BATCH,...
// For each batch size B it computes B prompts of PROMPT tokens one after another (prefill), then STEPS
// steps in which each of the B sequences advances by one greedily chosen token (decode). The choice of
// the token is inside the measured time, since a server cannot do without it. One JSON line says what
// was loaded, one line per batch size gives tokens per second.

#include "llama.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// The CPU backend is a library chosen at run time by the processor's features: its name tells which.
std::string loaded_backend() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    const auto at = line.find("libggml-cpu");
    if (at != std::string::npos) return line.substr(at);
  }
  return "unknown";
}

llama_token most_likely(llama_context *context, int row, int vocabulary) {
  const float *logits = llama_get_logits_ith(context, row);
  if (logits == nullptr) throw std::runtime_error("no logits for a row that asked for them");
  return static_cast<llama_token>(std::max_element(logits, logits + vocabulary) - logits);
}

class Batch {
public:
  explicit Batch(int capacity) : batch_(llama_batch_init(capacity, 0, 1)) {}
  ~Batch() { llama_batch_free(batch_); }
  Batch(const Batch &) = delete;
  Batch &operator=(const Batch &) = delete;

  void clear() { batch_.n_tokens = 0; }

  void add(llama_token token, int position, int sequence, bool wants_logits) {
    const int i = batch_.n_tokens++;
    batch_.token[i] = token;
    batch_.pos[i] = position;
    batch_.n_seq_id[i] = 1;
    batch_.seq_id[i][0] = sequence;
    batch_.logits[i] = wants_logits;
  }

  void run(llama_context *context) {
    if (llama_decode(context, batch_) != 0) throw std::runtime_error("llama_decode failed");
  }

private:
  llama_batch batch_;
};

// The token ids only need to be valid and varied: speed does not depend on what they say.
llama_token prompt_token(int sequence, int position) { return (position * 7919 + sequence * 13) % 900 + 1; }

double prefill(llama_context *context, Batch &batch, int sequences, int prompt, int vocabulary,
               std::vector<llama_token> &next) {
  llama_memory_clear(llama_get_memory(context), true);
  const double begun = seconds();
  for (int s = 0; s < sequences; s++) {
    batch.clear();
    for (int i = 0; i < prompt; i++) batch.add(prompt_token(s, i), i, s, i == prompt - 1);
    batch.run(context);
    next[s] = most_likely(context, prompt - 1, vocabulary);
  }
  return seconds() - begun;
}

double median_step(llama_context *context, Batch &batch, int sequences, int prompt, int steps, int vocabulary,
                   std::vector<llama_token> &next) {
  std::vector<double> times;
  for (int step = 0; step < steps; step++) {
    const double begun = seconds();
    batch.clear();
    for (int s = 0; s < sequences; s++) batch.add(next[s], prompt + step, s, true);
    batch.run(context);
    for (int s = 0; s < sequences; s++) next[s] = most_likely(context, s, vocabulary);
    times.push_back(seconds() - begun);
  }
  std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
  return times[times.size() / 2];
}

void measure(llama_model *model, int threads, int prompt, int steps, int sequences) {
  const int vocabulary = llama_vocab_n_tokens(llama_model_get_vocab(model));
  llama_context_params parameters = llama_context_default_params();
  parameters.n_ctx = sequences * (prompt + steps + 16);
  parameters.n_seq_max = sequences;
  parameters.n_batch = std::max(prompt, 512);
  parameters.n_ubatch = 512;
  parameters.n_threads = parameters.n_threads_batch = threads;
  llama_context *context = llama_init_from_model(model, parameters);
  if (context == nullptr) throw std::runtime_error("llama.cpp made no context");
  {
    Batch batch(std::max(prompt, sequences));
    std::vector<llama_token> next(sequences);
    prefill(context, batch, sequences, prompt, vocabulary, next); // warms up
    const double prefill_time = prefill(context, batch, sequences, prompt, vocabulary, next);
    const double step = median_step(context, batch, sequences, prompt, steps, vocabulary, next);
    std::printf("{\"batch\":%d,\"prompt\":%d,\"steps\":%d,\"prefill\":%.1f,\"decode\":%.1f,\"stepMillis\":%.3f}\n",
                sequences, prompt, steps, sequences * prompt / prefill_time, sequences / step, step * 1e3);
    std::fflush(stdout);
  }
  llama_free(context);
}

} // namespace

int main(int argc, char **argv) {
  if (argc != 7) {
    std::fprintf(stderr, "usage: llama_bench BACKEND_FOLDER MODEL THREADS PROMPT STEPS BATCH,BATCH,...\n");
    return 2;
  }
  llama_log_set([](ggml_log_level level, const char *text, void *) {
    if (level == GGML_LOG_LEVEL_ERROR) std::fputs(text, stderr);
  }, nullptr);
  ggml_backend_load_all_from_path(argv[1]);
  llama_backend_init();
  llama_model_params parameters = llama_model_default_params();
  parameters.n_gpu_layers = 0;
  llama_model *model = llama_model_load_from_file(argv[2], parameters);
  if (model == nullptr) {
    std::fprintf(stderr, "llama.cpp cannot load %s\n", argv[2]);
    return 1;
  }
  std::printf("{\"engine\":\"llama.cpp\",\"version\":\"%s (ggml %s, commit %s)\",\"backend\":\"%s\"}\n", RELEASE, ggml_version(), ggml_commit(),
              loaded_backend().c_str());
  try {
    std::stringstream batches(argv[6]);
    for (std::string batch; std::getline(batches, batch, ',');) {
      measure(model, std::atoi(argv[3]), std::atoi(argv[4]), std::atoi(argv[5]), std::atoi(batch.c_str()));
    }
  } catch (const std::exception &error) {
    std::fprintf(stderr, "llama_bench: %s\n", error.what());
    return 1;
  }
  llama_model_free(model);
  llama_backend_free();
}
