package platform.deepseek.auth.admin;

import jakarta.ws.rs.container.ContainerResponseContext;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;

/** Whatever has a tag is answered with it as ETag. */
final class TagHeader {

  @ServerResponseFilter
  void filter(ContainerResponseContext response) {
    if (response.getEntity() instanceof Views.Tagged tagged) {
      response.getHeaders().putSingle("ETag", "\"" + tagged.tag() + "\"");
    }
  }
}
