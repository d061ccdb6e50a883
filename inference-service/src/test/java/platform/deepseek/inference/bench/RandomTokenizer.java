package platform.deepseek.inference.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A byte-level tokenizer without merges in the format of tokenizer.json: 256 bytes, then words that
 * no text brings about but answers do, then special tokens up to the vocabulary's end.
 */
final class RandomTokenizer {

  /** Qwen2's vocabulary as models are padded to it. */
  static final int QWEN = 151_936;

  private static final int BYTES = 256;
  private static final int SPECIAL = 293;
  private static final int FEW_SPECIAL = 8;
  private static final int FIRST_STAND_IN = 256;

  private RandomTokenizer() {}

  /** The id that ends an answer, the first special one. */
  static int end(int vocabulary) {
    return vocabulary - (vocabulary == QWEN ? SPECIAL : FEW_SPECIAL);
  }

  static void write(Path folder, int vocabulary) throws IOException {
    int end = end(vocabulary);
    StringBuilder words = new StringBuilder();
    for (int id = 0; id < end; id++) {
      String word = id < BYTES ? Character.toString(letter(id)) : "\u0120w" + id;
      words.append(id == 0 ? "" : ",").append("\"%s\":%d".formatted(escaped(word), id));
    }
    StringBuilder special = new StringBuilder();
    for (int id = end; id < vocabulary; id++) {
      special
          .append(id == end ? "" : ",")
          .append(
              """
              {"id":%d,"content":"%s","single_word":false,"lstrip":false,"rstrip":false,\
              "normalized":false,"special":true}\
              """
                  .formatted(id, id == end ? "<|endoftext|>" : "<|x" + id + "|>"));
    }
    Files.writeString(
        folder.resolve("tokenizer.json"),
        """
        {"version":"1.0","truncation":null,"padding":null,"added_tokens":[%s],"normalizer":null,
         "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},
         "post_processor":null,
         "decoder":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true},
         "model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,
          "end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":false,"ignore_merges":false,
          "vocab":{%s},"merges":[]}}
        """
            .formatted(special, words),
        StandardCharsets.UTF_8);
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        """
        {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|endoftext|>",
         "model_max_length": 131072, "clean_up_tokenization_spaces": false}
        """);
  }

  /** The letter that stands for a byte: printable ones for themselves, others from 256 on. */
  private static int letter(int value) {
    if (printable(value)) {
      return value;
    }
    int before = 0;
    for (int other = 0; other < value; other++) {
      before += printable(other) ? 0 : 1;
    }
    return FIRST_STAND_IN + before;
  }

  private static boolean printable(int value) {
    return value >= '!' && value <= '~' || value >= 0xA1 && value <= 0xAC || value >= 0xAE;
  }

  private static String escaped(String word) {
    return word.replace("\\", "\\\\").replace("\"", "\\\"");
  }
}
