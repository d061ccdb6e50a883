package platform.deepseek.inference.api.stream;

import io.vertx.core.buffer.Buffer;
import java.util.List;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.error.ErrorStyle;

/**
 * How one API writes an answer. One object per request; it knows the request's id and options, and
 * may remember what it wrote. Events come as whole lines, null where the API has none.
 */
public interface Dialect {

  /**
   * A choice begins: its prompt is computed.
   *
   * @param prompt what is known of the usage then
   */
  Buffer opening(int choice, TokenCount prompt);

  Buffer delta(int choice, Piece piece);

  Buffer ending(int choice, Ending ending);

  /** The last events of a whole answer. */
  Buffer closing(TokenCount count);

  /** The last event of a stream that failed. */
  Buffer failure(ApiException failure);

  /** What keeps a connection open while there is nothing to say. */
  Buffer keepAlive();

  /** The whole answer in one body, choices in order. */
  Buffer whole(List<Answer> answers, TokenCount count);

  /** How failures before the first event are told. */
  ErrorStyle errors();

  /**
   * Whether an answer that the server cannot finish ends with what there is and the reason {@code
   * insufficient_system_resource}, instead of a failure.
   */
  default boolean endsShort() {
    return false;
  }
}
