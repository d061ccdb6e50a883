package platform.deepseek.inference.bench;

import static platform.deepseek.inference.bench.CudaCheck.require;
import static platform.deepseek.inference.bench.CudaCheck.say;

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
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.StreamSupport;
import platform.deepseek.inference.engine.Sequence;
import platform.deepseek.inference.engine.Step;
import platform.deepseek.inference.runner.Accelerator;
import platform.deepseek.inference.runner.CudaDecoder;
import platform.deepseek.inference.runner.CudaModelRunner;
import platform.deepseek.inference.runner.CudaNumbers;
import platform.deepseek.inference.runner.CudaPrecision;
import platform.deepseek.inference.runner.WeightFormat;

/** What a device computes, against golden files. */
final class CudaNumerics {

  private static final double LARGEST_DIFFERENCE = 0.3;

  /** Of a mixture in bf16, whose logits are up to 20. */
  private static final double LARGEST_ROUNDED = 1;

  /** Of logits in fp16 whose experts are those of float32, relative to their size. */
  private static final double LARGEST_NOISE = 0.02;

  /** Tokens that are copied from slot to slot. */
  private static final int PREFIX = 20;

  private static final double CERTAIN_MARGIN = 0.5;
  private static final int SINGLES = 8;
  private static final CudaModelRunner.Limits TINY = CudaModelRunner.Limits.of(192, 8, 192);

  private final Path fixtures;
  private final Supplier<Accelerator> accelerators;
  private final boolean processor;

  /**
   * @param processor whether the device is the processor
   */
  CudaNumerics(Path fixtures, Supplier<Accelerator> accelerators, boolean processor) {
    this.fixtures = fixtures;
    this.accelerators = accelerators;
    this.processor = processor;
  }

  /** A tiny checkpoint against what transformers or llama.cpp computes of it. */
  void golden(Path model, Path json, CudaPrecision precision) throws IOException {
    List<JsonNode> prompts = prompts(json);
    try (CudaDecoder decoder = CudaDecoder.open(model, precision, TINY, accelerators.get())) {
      double largest = 0;
      for (JsonNode prompt : prompts) {
        double found = difference(decoder, json, prompt);
        largest = Math.max(largest, found);
        if (found > LARGEST_DIFFERENCE) {
          say("logits of %s differ by %.4f", prompt.get("name").textValue(), found);
        }
      }
      require(largest <= LARGEST_DIFFERENCE, "logits differ by %.4f", largest);
      List<int[]> found =
          decoder.greedyTogether(prompts.stream().map(p -> ints(p.get("ids"))).toList(), 24);
      int parted = 0;
      for (int i = 0; i < prompts.size(); i++) {
        parted += requireGreedy(model, prompts.get(i), found.get(i));
      }
      say("logits within %.4f; %d of %d part at small margins", largest, parted, prompts.size());
    }
  }

  /**
   * Likewise of a tiny mixture in bf16, of which less can be asked: with its weights rounded and
   * nothing else, logits move by 0.35, and where an expert is chosen by a margin of 0.008 the next
   * one may be taken, which on a model of three layers moves everything.
   */
  void roundedMixture(Path model, Path json) throws IOException {
    List<JsonNode> prompts = prompts(json);
    try (CudaDecoder decoder =
        CudaDecoder.open(model, CudaPrecision.BF16, TINY, accelerators.get())) {
      double[] differences = new double[prompts.size()];
      for (int i = 0; i < differences.length; i++) {
        differences[i] = difference(decoder, json, prompts.get(i));
      }
      List<int[]> found =
          decoder.greedyTogether(prompts.stream().map(p -> ints(p.get("ids"))).toList(), 24);
      int parted = 0;
      for (int i = 0; i < differences.length; i++) {
        int[] right = Arrays.copyOf(ints(prompts.get(i).get("greedy")), 24);
        parted += Arrays.equals(right, found.get(i)) ? 0 : 1;
      }
      say("logits within %s; %d answers part", Arrays.toString(differences), parted);
      long near = Arrays.stream(differences).filter(d -> d <= LARGEST_ROUNDED).count();
      require(2 * near >= differences.length, "only %d prompts are near", near);
    }
  }

  private static List<JsonNode> prompts(Path json) throws IOException {
    List<JsonNode> prompts = new ArrayList<>();
    read(json).get("prompts").forEach(prompts::add);
    return prompts;
  }

  /** Of a prompt whole, in pieces, and behind a copied prefix. */
  private static double difference(CudaDecoder decoder, Path json, JsonNode prompt)
      throws IOException {
    int[] ids = ints(prompt.get("ids"));
    float[] right = floats(json.getParent(), prompt.get("last_logits"));
    double largest = 0;
    int slot = 0;
    for (int piece : new int[] {192, 1, 7, 64}) {
      largest = Math.max(largest, difference(decoder.lastLogits(slot++, ids, piece), right));
    }
    if (ids.length > PREFIX) {
      decoder.runner().copyPrefix(0, slot, PREFIX);
      Sequence sequence = decoder.start(slot, ids);
      sequence.advance(PREFIX);
      decoder.advance(sequence, 192);
      largest = Math.max(largest, difference(decoder.logits(0), right));
    }
    return largest;
  }

  /** 1 where the answer parts from the golden one at a small margin, else 0. */
  private static int requireGreedy(Path model, JsonNode golden, int[] found) {
    int[] right = Arrays.copyOf(ints(golden.get("greedy")), found.length);
    int parting = Arrays.mismatch(right, found);
    if (parting < 0) {
      return 0;
    }
    JsonNode margins = golden.get("greedy_margin");
    double margin =
        margins == null ? margin(model, golden, parting) : margins.get(parting).doubleValue();
    require(
        margin <= CERTAIN_MARGIN,
        "%s: token %d differs at a margin of %.3f",
        golden.get("name").textValue(),
        parting,
        margin);
    return 1;
  }

  /** How far a golden answer's token is before the next best, in float32 on the processor. */
  private static double margin(Path model, JsonNode golden, int place) {
    int[] prompt = ints(golden.get("ids"));
    int[] known = Arrays.copyOf(prompt, prompt.length + place);
    System.arraycopy(ints(golden.get("greedy")), 0, known, prompt.length, place);
    try (CudaDecoder right =
        CudaDecoder.open(model, CudaPrecision.FP32, TINY, CudaCheck.processor())) {
      float[] logits = right.lastLogits(0, known, known.length);
      Arrays.sort(logits);
      return logits[logits.length - 1] - logits[logits.length - 2];
    }
  }

  /** A real model: best logits, golden answers, likelihood, batches against solo runs. */
  void smollm2(Path smollm2, CudaPrecision precision) throws IOException {
    List<JsonNode> items = new ArrayList<>();
    read(fixtures.resolve("smollm2/golden.json")).get("prompts").forEach(items::add);
    JsonNode likelihoods = read(fixtures.resolve("smollm2/nll.json"));
    try (CudaDecoder decoder =
        CudaDecoder.open(
            smollm2, precision, CudaModelRunner.Limits.of(640, 48, 512), accelerators.get())) {
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
      perplexity(decoder, likelihoods, precision == CudaPrecision.BF16 ? 1 : 0.1);
      require(largest <= LARGEST_DIFFERENCE, "logits differ by %.4f", largest);
      require(alone * 5 <= prompts.size(), "%d answers depend on their batch", alone);
    }
  }

  /**
   * A real model with quantised matrices: likelihood of long prompts, for which matrices become
   * elements, and of their last tokens one by one, for which products read the blocks themselves.
   */
  void quantised(Path smollm2, CudaNumbers numbers, double mostPercent) throws IOException {
    JsonNode golden = read(fixtures.resolve("smollm2/golden.json")).get("prompts");
    try (CudaDecoder decoder =
        CudaDecoder.open(
            smollm2, numbers, CudaModelRunner.Limits.of(640, 4, 512), accelerators.get())) {
      double largest = 0;
      for (JsonNode item : golden) {
        int[] ids = ints(item.get("ids"));
        float[] whole = decoder.lastLogits(0, ids, 512);
        Sequence sequence = decoder.start(1, ids);
        int prompt = Math.max(1, ids.length - SINGLES);
        decoder.step(List.of(new Step.Entry(sequence, 0, prompt, prompt == ids.length, false)));
        for (int from = prompt; from < ids.length; from++) {
          decoder.step(List.of(new Step.Entry(sequence, from, 1, from + 1 == ids.length, false)));
        }
        largest = Math.max(largest, difference(decoder.logits(0), whole));
      }
      say("tokens one by one: logits within %.4f of those of whole prompts", largest);
      perplexity(decoder, read(fixtures.resolve("smollm2/nll.json")), mostPercent);
      require(largest <= LARGEST_DIFFERENCE, "logits differ by %.4f", largest);
    }
  }

  /**
   * A tiny random mixture, quantised or not, against the same weights in float32 in plain Java:
   * logits of prompts whole and in pieces, and which tokens are best. Random experts are nearly
   * equal to choose from, so rounding may take another one, which moves a prompt's logits by
   * tenths.
   */
  void mixture(Path model, WeightFormat format) {
    CudaPrecision precision = processor ? CudaPrecision.FP32 : CudaPrecision.FP16;
    Random random = new Random(3);
    List<int[]> prompts = new ArrayList<>();
    for (int length : new int[] {1, 2, 7, 15, 16, 33, 64, 90}) {
      prompts.add(random.ints(length, 0, 500).toArray());
    }
    List<Double> noises = new ArrayList<>();
    int others = 0;
    try (CudaDecoder right =
            CudaDecoder.open(
                model, new CudaNumbers(CudaPrecision.FP32, format), TINY, CudaCheck.processor());
        CudaDecoder found =
            CudaDecoder.open(model, new CudaNumbers(precision, format), TINY, accelerators.get())) {
      found.runner().warmUp();
      for (int[] prompt : prompts) {
        float[] reference = right.lastLogits(0, prompt, 192);
        int slot = 0;
        for (int piece : new int[] {192, 1, 30}) {
          float[] logits = found.lastLogits(slot++, prompt, piece);
          noises.add(noise(logits, reference));
          int best = best(reference);
          int other = best(logits);
          if (best != other) {
            others++;
            say(
                "%s, %d tokens in pieces of %d: token %d and not %d, whose logit is %.4f higher",
                format, prompt.length, piece, other, best, reference[best] - reference[other]);
          }
        }
      }
      List<int[]> together = found.greedyTogether(prompts, 12);
      List<int[]> alone = right.greedyTogether(prompts, 12);
      int parted = 0;
      for (int i = 0; i < prompts.size(); i++) {
        parted += Arrays.equals(together.get(i), alone.get(i)) ? 0 : 1;
      }
      say(
          "%s: logits off by %s of their size; %d other best tokens, %d of %d answers part",
          format, noises.stream().map("%.4f"::formatted).toList(), others, parted, prompts.size());
    }
    long near = noises.stream().filter(noise -> noise <= LARGEST_NOISE).count();
    require(4 * near >= 3L * noises.size(), "only %d of %d are near", near, noises.size());
  }

  /** The root of the mean square of differences, relative to that of what is right. */
  static double noise(float[] found, float[] right) {
    double differences = 0;
    double squares = 0;
    for (int i = 0; i < right.length; i++) {
      differences += Math.pow(found[i] - right[i], 2);
      squares += Math.pow(right[i], 2);
    }
    return Math.sqrt(differences / squares);
  }

  private static int best(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return best;
  }

  /** Token ids of the demo model's golden prompts: texts that mean something to it. */
  List<int[]> texts() throws IOException {
    List<int[]> texts = new ArrayList<>();
    read(fixtures.resolve("smollm2/golden.json"))
        .get("prompts")
        .forEach(item -> texts.add(ints(item.get("ids"))));
    return texts;
  }

  private static void perplexity(CudaDecoder decoder, JsonNode likelihoods, double mostPercent) {
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
    require(
        100 * (perplexity / reference - 1) <= mostPercent,
        "perplexity is more than %.1f %% above float32's",
        mostPercent);
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
