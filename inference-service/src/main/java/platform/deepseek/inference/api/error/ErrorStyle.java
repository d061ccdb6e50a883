package platform.deepseek.inference.api.error;

import platform.deepseek.inference.api.json.JsonBytes;

/** How one API tells a failure: each has its own statuses and its own body. */
public interface ErrorStyle {

  int status(ApiException failure);

  JsonBytes body(ApiException failure);
}
