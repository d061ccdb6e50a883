package platform.deepseek.inference.api.stream;

import platform.deepseek.inference.api.error.ApiException;

/** Where an answer goes: as events while it grows, or in one body. Used on one event loop. */
sealed interface Outlet permits EventStream, WholeBody {

  void open(int choice);

  void piece(int choice, Piece piece);

  void end(int choice, Ending ending);

  /** All choices have ended. */
  void complete(TokenCount count);

  void fail(ApiException failure);
}
