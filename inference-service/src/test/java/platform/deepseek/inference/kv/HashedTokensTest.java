package platform.deepseek.inference.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HashedTokensTest {
  private final HashedTokens tokens = hashed("salt", 1, 2, 3, 4, 5, 6, 7, 8);

  @Test
  void equalPrefixesHaveEqualHashes() {
    HashedTokens longer = hashed("salt", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);

    assertThat(longer.hash(1)).isEqualTo(tokens.hash(1));
    assertThat(longer.hash(0)).isEqualTo(tokens.hash(0));
  }

  @Test
  void hashNamesEverythingBeforeTheBlock() {
    HashedTokens otherStart = hashed("salt", 9, 2, 3, 4, 5, 6, 7, 8);

    assertThat(otherStart.hash(1)).isNotEqualTo(tokens.hash(1));
    assertThat(hashed("pepper", 1, 2, 3, 4).hash(0)).isNotEqualTo(tokens.hash(0));
    assertThat(hashed("salt", 1, 2, 3, 4, 1, 2, 3, 4).hash(1)).isNotEqualTo(tokens.hash(0));
  }

  @Test
  void latestRepeatIsTheLatestPlaceOfTheLastTokens() {
    assertThat(hashed("", 1, 2, 3, 1, 2, 4, 1, 2).latestRepeat(2)).isEqualTo(3);
    assertThat(hashed("", 1, 2, 3, 1, 2, 4, 1, 2).latestRepeat(3)).isEqualTo(-1);
    assertThat(hashed("", 7, 7, 7).latestRepeat(2)).as("overlapping").isZero();
    assertThat(hashed("", 7, 7).latestRepeat(2)).isEqualTo(-1);
    assertThat(hashed("", 7).latestRepeat(2)).isEqualTo(-1);
  }

  @Test
  void appendedTokensAreHashedLikeGivenOnes() {
    HashedTokens grown = hashed("salt", 1, 2, 3);
    IntStream.rangeClosed(4, 100).forEach(grown::append);
    HashedTokens given = hashed("salt", IntStream.rangeClosed(1, 100).toArray());

    assertThat(grown.length()).isEqualTo(100);
    assertThat(grown.get(99)).isEqualTo(100);
    assertThat(grown.hash(24)).isEqualTo(given.hash(24));
  }

  @Test
  void unfinishedBlockHasNoHash() {
    assertThatThrownBy(() -> tokens.hash(2)).isInstanceOf(IndexOutOfBoundsException.class);
    tokens.append(9);
    tokens.append(10);
    tokens.append(11);
    tokens.append(12);
    assertThat(tokens.hash(2))
        .isEqualTo(hashed("salt", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12).hash(2));
  }

  @Test
  void tokensOutsideAreMistakes() {
    assertThatThrownBy(() -> tokens.get(8)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> tokens.copy(4, 5, new int[9], 0))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  private static HashedTokens hashed(String salt, int... ids) {
    return new HashedTokens(salt, 4, ids);
  }
}
