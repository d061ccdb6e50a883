package platform.deepseek.inference.api;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/** Everything that can be set from outside, with the plain environment name where there is one. */
@ConfigMapping(prefix = "deepseek")
public interface ServiceConfig {

  /**
   * The one key that every route but /health asks for where there is no auth-service. Without it
   * and without deepseek.auth.url the server does not start, unless deepseek.auth.mode is none.
   */
  Optional<String> apiKey();

  /** Folder or .gguf file of the model; a bare name is looked up in models-dir. {@code MODEL}. */
  Optional<String> model();

  /** Name under which clients ask for the model; default: the last part of model's path. */
  Optional<String> modelId();

  /** Where models lie. {@code MODELS_DIR}. */
  @WithDefault("/models")
  String modelsDir();

  /**
   * Context length in tokens; default: what the model allows and kv-memory can hold once. {@code
   * CONTEXT}.
   */
  OptionalInt context();

  /**
   * Tokens that one step computes at most: longer prompts are computed in chunks, so that no
   * running answer waits longer than such a step takes. Default: 256, on a GPU 8,192 or what its
   * memory allows, and never fewer than the sequences of a batch.
   */
  OptionalInt tokensPerStep();

  /**
   * How long a step may take while answers run: prompts come in smaller chunks then, by what steps
   * were measured to take. 0: as long as it likes. Default: 25ms on a GPU, else 0.
   */
  Optional<Duration> targetStep();

  /**
   * Memory for keys and values; default: a quarter of the machine's, on a GPU what it has left
   * beside the weights, on each of several.
   */
  Optional<MemorySize> kvMemory();

  /** Whether a prompt's beginning is taken from earlier requests of the same tenant. */
  @WithDefault("true")
  boolean prefixReuse();

  /**
   * Whether a step may bring several tokens of an answer, where a repetition or the request's
   * prediction says what they probably are. It changes no answer.
   */
  @WithDefault("true")
  boolean speculation();

  /**
   * Sequences computed together at most, on each device. Default: 16, on a GPU 256 or what its
   * memory allows. {@code MAX_BATCH_SIZE}.
   */
  OptionalInt maxBatchSize();

  /**
   * On the processor auto, fp32, int8 or int4; auto keeps a quantised file as it is and takes int8
   * for others. On a GPU auto, fp16 or bf16; auto is fp16. {@code PRECISION}.
   */
  @WithDefault("auto")
  String precision();

  /**
   * auto, cpu, cuda (all visible GPUs) or cuda:0,2 (those). cuda needs NVIDIA's driver and ONNX
   * Runtime's libraries for CUDA, which DEEPSEEK_ORT_LIBRARY points to; auto takes the GPUs where
   * all that is there and the model fits, else the processor. {@code DEVICE}.
   */
  @WithDefault("auto")
  String device();

  /** Threads that compute; default: one per core. {@code THREADS}. */
  OptionalInt threads();

  /** Sequences that may wait beyond those that can run; past it the answer is 429. */
  @WithDefault("256")
  int queueLimit();

  /** How long a request may wait before its first token is computed. */
  @WithDefault("10m")
  Duration startWithin();

  /**
   * After how long without a byte a waiting client gets one: a comment in a stream, a blank line
   * before a whole body. Proxies close connections that are silent for longer, often 60 s.
   */
  @WithDefault("3s")
  Duration keepAlive();

  /**
   * self, the loaded model, or all-minilm-l6-v2, which is loaded beside it and serves embeddings
   * under that name.
   */
  @WithDefault("self")
  String embeddingModel();

  /** Responses kept at most; the oldest leave first. 0: none is kept. */
  @WithDefault("10000")
  int responsesLimit();

  /** Bytes of the responses kept, counted from above; the oldest leave first. */
  @WithDefault("64M")
  MemorySize responsesMemory();

  /** Longest request body. */
  @WithDefault("10M")
  MemorySize maxBodySize();

  /** How long a body may take to come, from the end of the headers on. */
  @WithDefault("2m")
  Duration bodyWithin();

  /** Bytes of a stream held for a client that reads slowly; past it the stream is cancelled. */
  @WithDefault("256K")
  MemorySize streamBufferSize();
}
