package platform.deepseek.inference.grammar;

import java.util.Arrays;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;

/**
 * The bytes of all tokens as a trie, in arrays in depth-first order: a walk goes straight through
 * memory and jumps over what a byte rules out. Made once per model, shared by all grammars and
 * threads; it also keeps what is known of automaton states that grammars have in common.
 *
 * <p>While a constraint holds, stop tokens are allowed where the text may end and nowhere else.
 * Special tokens and tokens without bytes are never allowed. All others are plain bytes, markers
 * such as {@code </think>} too. Every byte should be a token by itself, as in all byte-level
 * vocabularies: where it is not, a grammar may ask for text that cannot be written, and its
 * constraint says so when it gets there.
 */
public final class TokenVocabulary {

  private static final byte[] NO_BYTES = {};

  private final int size;
  private final byte[][] texts;
  private final int[] stopTokens;
  private final TokenClasses classes = new TokenClasses(this);

  /** Per node, in depth-first order: the byte on its edge, and how many nodes are above it. */
  private final byte[] edges;

  private final short[] depths;

  /** Per node: the first node behind its subtree. */
  private final int[] ends;

  /** Per node and one more: where its tokens begin among the sorted ones. */
  private final int[] tokenStarts;

  private final int[] sorted;
  private final int longest;

  /**
   * @param size number of token ids; the ids are 0 to size - 1
   * @param bytes the text of a token; null and empty where it has none
   * @param stopTokens the tokens that end a sequence
   * @param special tokens that control the model and are no text
   * @throws IllegalArgumentException there is no stop token, or one is not of the vocabulary
   */
  public TokenVocabulary(
      int size, IntFunction<byte[]> bytes, Set<Integer> stopTokens, IntPredicate special) {
    this.size = size;
    this.texts = new byte[size][];
    this.stopTokens = stopTokens.stream().mapToInt(Integer::intValue).sorted().toArray();
    if (stopTokens.isEmpty()
        || this.stopTokens[0] < 0
        || this.stopTokens[this.stopTokens.length - 1] >= size) {
      throw new IllegalArgumentException(
          "a vocabulary of %d tokens needs stop tokens within it to end a constrained text, not %s"
              .formatted(size, stopTokens));
    }
    int count = 0;
    Integer[] order = new Integer[size];
    for (int token = 0; token < size; token++) {
      byte[] text = special.test(token) || stopTokens.contains(token) ? null : bytes.apply(token);
      texts[token] = text == null ? NO_BYTES : text.clone();
      if (texts[token].length > Short.MAX_VALUE) {
        throw new IllegalArgumentException(
            "token %d has %d bytes; the most is %d"
                .formatted(token, texts[token].length, Short.MAX_VALUE));
      }
      if (texts[token].length > 0) {
        order[count++] = token;
      }
    }
    Arrays.sort(order, 0, count, (a, b) -> Arrays.compareUnsigned(texts[a], texts[b]));
    this.sorted = new int[count];
    int nodes = 0;
    byte[] previous = NO_BYTES;
    for (int i = 0; i < count; i++) {
      sorted[i] = order[i];
      byte[] text = texts[sorted[i]];
      nodes += text.length - common(previous, text);
      previous = text;
    }
    this.edges = new byte[nodes];
    this.depths = new short[nodes];
    this.ends = new int[nodes];
    this.tokenStarts = new int[nodes + 1];
    this.longest = fill();
  }

  private static int common(byte[] a, byte[] b) {
    int mismatch = Arrays.mismatch(a, b);
    return mismatch < 0 ? a.length : mismatch;
  }

  private int fill() {
    int[] open = new int[Short.MAX_VALUE + 1];
    int node = 0;
    int most = 0;
    byte[] previous = NO_BYTES;
    for (int i = 0; i < sorted.length; i++) {
      byte[] text = texts[sorted[i]];
      int shared = common(previous, text);
      if (shared < text.length) {
        for (int depth = shared; depth < previous.length; depth++) {
          ends[open[depth]] = node;
        }
        for (int depth = shared; depth < text.length; depth++) {
          edges[node] = text[depth];
          depths[node] = (short) depth;
          tokenStarts[node] = i;
          open[depth] = node++;
        }
        most = Math.max(most, text.length);
        previous = text;
      }
    }
    for (int depth = 0; depth < previous.length; depth++) {
      ends[open[depth]] = node;
    }
    tokenStarts[node] = sorted.length;
    return most;
  }

  /** Number of token ids. */
  public int size() {
    return size;
  }

  /** Empty for tokens that are no text. Not to be written to. */
  byte[] text(int token) {
    return texts[token];
  }

  /** The longest token that the bytes from here on begin with, or -1. */
  int longestToken(byte[] bytes, int from) {
    int longestToken = -1;
    int end = edges.length;
    int node = 0;
    for (int at = from; at < bytes.length && node < end; ) {
      if (edges[node] != bytes[at]) {
        node = ends[node];
        continue;
      }
      if (tokenStarts[node] < tokenStarts[node + 1]) {
        longestToken = sorted[tokenStarts[node]];
      }
      end = ends[node++];
      at++;
    }
    return longestToken;
  }

  int[] stopTokens() {
    return stopTokens;
  }

  TokenClasses classes() {
    return classes;
  }

  int nodes() {
    return edges.length;
  }

  /** The byte that leads to the node, 0 to 255. */
  int edge(int node) {
    return edges[node] & 0xff;
  }

  /** 0 for the first byte of a token. */
  int depth(int node) {
    return depths[node];
  }

  /** The first node that is not in the node's subtree. */
  int end(int node) {
    return ends[node];
  }

  /** Place among the sorted tokens of the node's own, and with node + 1 their end. */
  int tokenStart(int node) {
    return tokenStarts[node];
  }

  /** The id of the token at a place of the sorted ones. */
  int sorted(int place) {
    return sorted[place];
  }

  /** Bytes of the longest token. */
  int longest() {
    return longest;
  }
}
