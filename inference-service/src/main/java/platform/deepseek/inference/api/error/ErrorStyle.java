package platform.deepseek.inference.api.error;

import platform.deepseek.inference.api.json.JsonBytes;

/** How one API tells a failure: each has its own statuses and its own body. */
public interface ErrorStyle {

  int status(ApiException failure);

  /** The body, where no request is named. */
  JsonBytes body(ApiException failure);

  /**
   * The body of a whole answer.
   *
   * @param requestId of the request that failed, or null
   */
  default JsonBytes body(ApiException failure, String requestId) {
    return body(failure);
  }
}
