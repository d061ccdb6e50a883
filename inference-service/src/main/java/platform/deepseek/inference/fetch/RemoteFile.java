package platform.deepseek.inference.fetch;

import java.net.URI;
import java.util.Optional;

/**
 * A file of a source.
 *
 * @param name relative path below the target folder, with slashes
 * @param size in bytes
 * @param sha256 64 hexadecimal digits, where the source publishes them
 * @param version what the source says of its content otherwise: an entity tag, or empty
 */
record RemoteFile(String name, URI uri, long size, Optional<String> sha256, String version) {}
