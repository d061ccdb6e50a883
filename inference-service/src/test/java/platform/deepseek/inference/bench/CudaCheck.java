package platform.deepseek.inference.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.stream.StreamSupport;
import platform.deepseek.inference.runner.Accelerator;
import platform.deepseek.inference.runner.CudaDecoder;
import platform.deepseek.inference.runner.CudaModelRunner;
import platform.deepseek.inference.runner.CudaPrecision;
import platform.deepseek.inference.runner.HostDevice;

/**
 * One report of the engine on a GPU: what it computes, and how fast.
 *
 * <p>Arguments: FIXTURES (the folder of the tests' golden files), SMOLLM2 (the demo model's .gguf),
 * SCRATCH (a fast folder with room for 4 GB), and PROCESSOR to try the check itself where there is
 * no GPU: the same in float32 on the processor, without the large model. Every part stands alone:
 * one that fails is reported and the next goes on. No part begins after five minutes. Exit status 1
 * when a part failed.
 */
public final class CudaCheck {

  private static final int GPU = 0;
  private static final double LARGEST_DIFFERENCE = 0.3;
  private static final double CERTAIN_MARGIN = 0.5;
  private static final long LAST_BEGINNING_NANOS = 300_000_000_000L;
  private static final CudaModelRunner.Limits TINY = new CudaModelRunner.Limits(192, 8, 192);
  private static final List<String> FOLDERS =
      List.of("qwen2_tied", "qwen2_untied", "qwen2_bf16", "qwen2_sharded", "qwen3", "llama3_rope");
  private static final List<String> FILES = List.of("tiny_llama_mixed", "tiny_qwen2_q8_0");

  private final Path fixtures;
  private final Path smollm2;
  private final Path scratch;
  private final long begun = System.nanoTime();
  private final Supplier<Accelerator> accelerators;
  private final List<CudaPrecision> precisions;
  private int failures;

  private CudaCheck(Path fixtures, Path smollm2, Path scratch, boolean processor) {
    this.fixtures = fixtures;
    this.smollm2 = smollm2;
    this.scratch = scratch;
    this.accelerators =
        processor ? () -> new HostDevice().accelerator() : () -> Accelerator.cuda(GPU);
    this.precisions =
        processor ? List.of(CudaPrecision.FP32) : List.of(CudaPrecision.FP16, CudaPrecision.BF16);
  }

  public static void main(String[] args) {
    boolean processor = args.length > 3 && args[3].equals("PROCESSOR");
    CudaCheck check =
        new CudaCheck(Path.of(args[0]), Path.of(args[1]), Path.of(args[2]), processor);
    check.all();
    if (!processor) {
      check.large();
    }
    say("%s: %d parts failed", check.failures == 0 ? "PASSED" : "FAILED", check.failures);
    System.exit(check.failures == 0 ? 0 : 1);
  }

  /** A part of the report. */
  private interface Part {
    void run() throws IOException, InterruptedException;
  }

  private void all() {
    part("device", this::device);
    for (CudaPrecision precision : precisions) {
      for (String name : FOLDERS) {
        Path folder = fixtures.resolve("models").resolve(name);
        part(
            precision + " " + name, () -> golden(folder, folder.resolve("golden.json"), precision));
      }
      for (String name : FILES) {
        Path folder = fixtures.resolve("gguf");
        part(
            precision + " " + name,
            () ->
                golden(
                    folder.resolve(name + ".gguf"),
                    folder.resolve(name + ".golden.json"),
                    precision));
      }
    }
    part("SmolLM2 numerics", this::numerics);
    part("SmolLM2 speed", () -> speed(smollm2));
  }

  private void large() {
    part(
        "random 1.5B speed",
        () -> {
          Path folder = scratch.resolve("random-1.5b");
          RandomModel.write(folder);
          say("written after %.1f s", seconds());
          speed(folder);
        });
  }

  private void speed(Path model) throws InterruptedException {
    CudaSpeed.measure(model, precisions.getFirst(), accelerators, List.of(1, 8, 32, 64));
  }

  private void part(String name, Part part) {
    if (System.nanoTime() - begun > LAST_BEGINNING_NANOS) {
      failures++;
      say("%-28s NOT RUN: %.0f s are over", name, seconds());
      return;
    }
    long from = System.nanoTime();
    try {
      part.run();
      say("%-28s ok, %.1f s", name, (System.nanoTime() - from) / 1e9);
    } catch (Exception | Error failure) {
      failures++;
      say("%-28s FAILED, %.1f s", name, (System.nanoTime() - from) / 1e9);
      failure.printStackTrace(System.out);
    }
  }

  private void device() {
    Accelerator gpu = accelerators.get();
    try {
      say(
          "%s, %,d of %,d MiB free",
          gpu.device().name(), gpu.device().freeMemory() >> 20, gpu.device().totalMemory() >> 20);
    } finally {
      gpu.device().close();
    }
  }

  /** A tiny checkpoint against what transformers computes of it. */
  private void golden(Path model, Path json, CudaPrecision precision) throws IOException {
    List<JsonNode> prompts = new ArrayList<>();
    read(json).get("prompts").forEach(prompts::add);
    try (CudaDecoder decoder = CudaDecoder.open(model, precision, TINY, accelerators.get())) {
      double largest = 0;
      for (JsonNode prompt : prompts) {
        int[] ids = ints(prompt.get("ids"));
        float[] right = floats(json.getParent(), prompt.get("last_logits"));
        int slot = 0;
        for (int piece : new int[] {192, 1, 7, 64}) {
          largest = Math.max(largest, difference(decoder.lastLogits(slot++, ids, piece), right));
        }
      }
      require(largest <= LARGEST_DIFFERENCE, "logits differ by %.4f", largest);
      List<int[]> found =
          decoder.greedyTogether(prompts.stream().map(p -> ints(p.get("ids"))).toList(), 24);
      int parted = 0;
      for (int i = 0; i < prompts.size(); i++) {
        parted += requireGreedy(prompts.get(i), found.get(i));
      }
      say("logits within %.4f; %d of %d part at small margins", largest, parted, prompts.size());
    }
  }

  /** 1 where the answer parts from the golden one at a small margin, else 0. */
  private static int requireGreedy(JsonNode golden, int[] found) {
    int[] right = Arrays.copyOf(ints(golden.get("greedy")), found.length);
    int parting = Arrays.mismatch(right, found);
    if (parting < 0) {
      return 0;
    }
    double margin = golden.get("greedy_margin").get(parting).doubleValue();
    require(
        margin <= CERTAIN_MARGIN,
        "%s: token %d differs at a margin of %.3f",
        golden.get("name").textValue(),
        parting,
        margin);
    return 1;
  }

  /** A real model: best logits, golden answers, likelihood, batches against solo runs. */
  private void numerics() throws IOException {
    List<JsonNode> items = new ArrayList<>();
    read(fixtures.resolve("smollm2/golden.json")).get("prompts").forEach(items::add);
    JsonNode likelihoods = read(fixtures.resolve("smollm2/nll.json"));
    try (CudaDecoder decoder =
        CudaDecoder.open(
            smollm2,
            precisions.getFirst(),
            new CudaModelRunner.Limits(640, 48, 512),
            accelerators.get())) {
      double largest = 0;
      for (JsonNode item : items) {
        float[] logits = decoder.lastLogits(3, ints(item.get("ids")), 512);
        for (JsonNode best : item.get("float32").get("last_top20")) {
          largest =
              Math.max(
                  largest, Math.abs(logits[best.get(0).intValue()] - best.get(1).doubleValue()));
        }
      }
      say("largest difference of the 20 best logits: %.4f", largest);
      List<int[]> prompts = items.stream().map(item -> ints(item.get("ids"))).toList();
      List<int[]> together = decoder.greedyTogether(prompts, 32);
      int parted = 0;
      int alone = 0;
      for (int i = 0; i < prompts.size(); i++) {
        JsonNode reference = items.get(i).get("float32");
        int parting = Arrays.mismatch(ints(reference.get("greedy")), together.get(i));
        if (parting >= 0) {
          parted++;
          double margin = reference.get("greedy_margin").get(parting).doubleValue();
          require(margin <= CERTAIN_MARGIN, "prompt %d parts at a margin of %.3f", i, margin);
        }
        int[] solo = decoder.greedy(0, prompts.get(i), 32);
        int from = Arrays.mismatch(solo, together.get(i));
        if (from >= 0) {
          alone++;
          say("prompt %d in a batch parts from its solo run at token %d", i, from);
        }
      }
      say(
          "%d of %d part from float32 at small margins, %d from their solo runs",
          parted, prompts.size(), alone);
      perplexity(decoder, likelihoods);
      require(largest <= LARGEST_DIFFERENCE, "logits differ by %.4f", largest);
      require(alone * 10 <= prompts.size(), "%d answers depend on their batch", alone);
    }
  }

  private static void perplexity(CudaDecoder decoder, JsonNode likelihoods) {
    int[] ids = ints(likelihoods.get("ids"));
    int windows = likelihoods.get("windows").intValue();
    double sum = 0;
    for (int window = 0; window < windows; window++) {
      int[] tokens = Arrays.copyOfRange(ids, 512 * window, 512 * (window + 1));
      sum += decoder.negativeLogLikelihood(tokens);
    }
    double perplexity = Math.exp(sum / likelihoods.get("scored_tokens").intValue());
    double reference = likelihoods.get("float32_perplexity").doubleValue();
    say(
        "perplexity %.5f, float32 %.5f: %+.4f %%",
        perplexity, reference, 100 * (perplexity / reference - 1));
    require(perplexity / reference < 1.001, "perplexity is more than 0.1 %% above float32's");
  }

  private double seconds() {
    return (System.nanoTime() - begun) / 1e9;
  }

  static void say(String format, Object... values) {
    System.out.printf(Locale.ROOT, format + "%n", values);
    System.out.flush();
  }

  private static void require(boolean holds, String format, Object... values) {
    if (!holds) {
      throw new IllegalStateException(format.formatted(values));
    }
  }

  private static double difference(float[] found, float[] right) {
    double largest = 0;
    for (int i = 0; i < right.length; i++) {
      // A comparison that NaN fails.
      if (!(Math.abs(found[i] - right[i]) <= largest)) {
        largest = Math.abs(found[i] - right[i]);
      }
      if (Float.isNaN(found[i])) {
        return Double.POSITIVE_INFINITY;
      }
    }
    return largest;
  }

  private static JsonNode read(Path file) throws IOException {
    return new ObjectMapper().readTree(file.toFile());
  }

  private static int[] ints(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::intValue).toArray();
  }

  private static float[] floats(Path folder, JsonNode reference) throws IOException {
    byte[] bytes = Files.readAllBytes(folder.resolve(reference.get("file").textValue()));
    int count = 1;
    for (JsonNode dimension : reference.get("shape")) {
      count *= dimension.intValue();
    }
    float[] values = new float[count];
    ByteBuffer.wrap(bytes, reference.get("offset_bytes").intValue(), 4 * count)
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(values);
    return values;
  }
}
