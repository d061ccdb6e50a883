package platform.deepseek.inference.api.stream;

import io.vertx.core.buffer.Buffer;
import java.util.List;

/** How one API writes an answer. One object per request; it knows the request's id and options. */
public interface Dialect {

  /** The event that opens a choice, or null where the API has none. */
  Buffer opening(int choice);

  Buffer delta(int choice, Piece piece);

  Buffer ending(int choice, Ending ending);

  /** The event with the usage, or null when it was not asked for. */
  Buffer usage(TokenCount count);

  /** The whole answer in one body, choices in order. */
  Buffer whole(List<Answer> answers, TokenCount count);
}
