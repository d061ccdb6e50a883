package platform.deepseek.inference.api.stream;

import platform.deepseek.inference.api.error.ApiException;

/** Where an answer goes: as events while it grows, or in one body. Used on one event loop. */
public interface Outlet {

  /**
   * @param prompt the usage as far as it is known
   */
  void open(int choice, TokenCount prompt);

  void piece(int choice, Piece piece);

  void end(int choice, Ending ending);

  /** All choices have ended. */
  void complete(TokenCount count);

  void fail(ApiException failure);

  /** Called every now and then, so that a silent connection is not taken for a dead one. */
  void keepAlive();
}
