package platform.deepseek.inference.text;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/*
 * A tokenizer.json, as nearly all published models have one.
 *
 * The work is shared: added tokens are cut out here, ordinary text is encoded by a reader that is
 * given the model without any added token: BytePairTokenizer where it knows what the file asks
 * for, else the Rust library. So the ids of added tokens can come out only where this class put
 * them, whatever a user writes. (The library can be told to leave special tokens alone, but the
 * binding does not offer it, and DeepSeek's turn markers are added tokens that are not special.)
 *
 * Decoding needs no library: every token stands for fixed bytes.
 */
/** A tokenizer in the format of Hugging Face. Safe for many threads. */
public final class HuggingFaceTokenizer implements Tokenizer {

  private static final byte[] NO_BYTES = {};

  private final NativeTokenizer library;
  private final Optional<BytePairTokenizer> plain;
  private final TokenizerConfig config;
  private final List<AddedToken> addedTokens;
  private final AddedTokenSplitter everyAddedToken;
  private final AddedTokenSplitter whiteSpaceTokens;
  private final Map<String, Integer> ids;
  private final byte[][] bytes;
  private final BitSet special = new BitSet();
  private final int[] prefix;

  private HuggingFaceTokenizer(TokenizerFile file, TokenizerConfig config) {
    this.config = config;
    library = new NativeTokenizer(file.plain().toString());
    plain = BytePairTokenizer.of(file.plain());
    addedTokens = List.copyOf(file.addedTokens());
    everyAddedToken = new AddedTokenSplitter(addedTokens);
    whiteSpaceTokens =
        new AddedTokenSplitter(addedTokens.stream().filter(AddedToken::isWhiteSpace).toList());
    ids = new HashMap<>(file.vocabulary());
    addedTokens.forEach(token -> ids.put(token.content(), token.id()));
    bytes = new byte[ids.values().stream().mapToInt(i -> i + 1).max().orElse(0)][];
    Arrays.fill(bytes, NO_BYTES);
    file.vocabulary().forEach((token, id) -> bytes[id] = file.bytes(token));
    for (var token : addedTokens) {
      bytes[token.id()] = token.content().getBytes(StandardCharsets.UTF_8);
      special.set(token.id(), token.special());
    }
    prefix = prefix();
  }

  /**
   * Reads tokenizer.json and, where present, tokenizer_config.json and chat_template.jinja.
   *
   * @throws TokenizerException where they cannot be read or used
   */
  public static HuggingFaceTokenizer load(Path folder) {
    var file = folder.resolve("tokenizer.json");
    try {
      return new HuggingFaceTokenizer(
          TokenizerFile.parse(Files.readString(file)), TokenizerConfig.read(folder));
    } catch (IOException e) {
      throw new TokenizerException(
          "Cannot read " + file + ": a model folder needs its tokenizer.json.", e);
    }
  }

  static HuggingFaceTokenizer of(TokenizerFile file, TokenizerConfig config) {
    return new HuggingFaceTokenizer(file, config);
  }

  /** What the checkpoint says beside its vocabulary, such as the chat template. */
  public TokenizerConfig config() {
    return config;
  }

  /** Lone surrogates, which no UTF-8 can carry, are read as U+FFFD. */
  @Override
  public int[] encode(String text, boolean parseSpecial, boolean addSpecial) {
    var tokens = encode(GuardedText.unguarded(text), parseSpecial, Integer.MAX_VALUE);
    return addSpecial
        ? IntStream.concat(IntStream.of(prefix), IntStream.of(tokens)).toArray()
        : tokens;
  }

  /**
   * Ids of a text whose added tokens count, except those with a guard inside.
   *
   * @param most ids that are wanted; a text that has more gives more, but not all of them
   */
  int[] encode(GuardedText text, int most) {
    return encode(text, true, most);
  }

  private int[] encode(GuardedText guarded, boolean parseSpecial, int most) {
    var splitter = parseSpecial ? everyAddedToken : whiteSpaceTokens;
    var tokens = new TokenList(most);
    for (var segment : splitter.split(guarded)) {
      if (tokens.isOver()) {
        break;
      }
      if (segment.token() != null) {
        tokens.add(segment.token().id());
      } else {
        encode(wellFormed(guarded.text().substring(segment.start(), segment.end())), tokens);
      }
    }
    return tokens.toArray();
  }

  private void encode(String ordinary, TokenList tokens) {
    if (plain.isPresent() && plain.get().reads(ordinary)) {
      plain.get().encode(ordinary, tokens);
    } else {
      tokens.addAll(library.encode(ordinary, false));
    }
  }

  @Override
  public byte[] bytes(int token) {
    // Models often have more rows than the tokenizer has tokens: those rows stand for nothing.
    return token < bytes.length ? bytes[token].clone() : NO_BYTES;
  }

  @Override
  public String decode(int[] tokens, boolean skipSpecial) {
    var text = new StringBuilder();
    var characters = new Utf8Stream();
    for (int token : tokens) {
      if (token < bytes.length && !(skipSpecial && special.get(token))) {
        characters.append(bytes[token], text);
      }
    }
    characters.flush(text);
    return text.toString();
  }

  @Override
  public boolean isSpecial(int token) {
    return special.get(token);
  }

  /** One more than the highest id; a model may have more rows. */
  @Override
  public int vocabularySize() {
    return bytes.length;
  }

  @Override
  public OptionalInt id(String token) {
    Integer id = ids.get(token);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  @Override
  public OptionalInt beginOfSequence() {
    return config.beginOfSequence().map(this::id).orElse(OptionalInt.empty());
  }

  @Override
  public OptionalInt endOfSequence() {
    return config.endOfSequence().map(this::id).orElse(OptionalInt.empty());
  }

  Collection<AddedToken> addedTokens() {
    return addedTokens;
  }

  /** What stands before every text: as configured, else what tokenizer.json itself puts there. */
  private int[] prefix() {
    if (config.addBeginOfSequence().isPresent()) {
      var token = beginOfSequence();
      return config.addBeginOfSequence().get() && token.isPresent()
          ? new int[] {token.getAsInt()}
          : new int[0];
    }
    var withSpecial = library.encode("a", true);
    var without = library.encode("a", false);
    for (int i = 0; i + without.length <= withSpecial.length; i++) {
      if (Arrays.equals(withSpecial, i, i + without.length, without, 0, without.length)) {
        return Arrays.copyOf(withSpecial, i);
      }
    }
    return new int[0];
  }

  private static String wellFormed(String text) {
    StringBuilder repaired = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!Character.isSurrogate(c)) {
        continue;
      }
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
        continue;
      }
      repaired = repaired == null ? new StringBuilder(text) : repaired;
      repaired.setCharAt(i, '\uFFFD');
    }
    return repaired == null ? text : repaired.toString();
  }
}
