package platform.deepseek.inference.api.http;

import io.vertx.ext.web.RoutingContext;

/** Stands before every route but /health: it lets a request on, or answers it. */
interface Guard {

  /**
   * @param generates whether the route will ask for leave itself, when it knows what is wanted
   */
  void pass(RoutingContext request, boolean generates);
}
