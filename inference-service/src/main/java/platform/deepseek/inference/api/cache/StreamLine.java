package platform.deepseek.inference.api.cache;

import platform.deepseek.inference.api.stream.Ending;
import platform.deepseek.inference.api.stream.Piece;
import platform.deepseek.inference.api.stream.TokenCount;

/** A line of an answer that is followed while it grows. */
sealed interface StreamLine {

  /** More of it. */
  record More(Piece piece) implements StreamLine {}

  /** It ended in a way that is not kept, which others with the same request share all the same. */
  record Ended(Ending ending, TokenCount count) implements StreamLine {}

  /** It is whole, and kept. */
  record Done(KeptAnswer answer) implements StreamLine {}

  /** Its leader is gone. */
  record Lost() implements StreamLine {}

  /** Its leader will not finish it for others. */
  record Abandoned() implements StreamLine {}

  /** Nothing new, but its leader lives. */
  record Alive() implements StreamLine {}
}
