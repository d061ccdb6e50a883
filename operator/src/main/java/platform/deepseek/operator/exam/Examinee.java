package platform.deepseek.operator.exam;

import java.net.URI;

/**
 * A replica that is asked.
 *
 * @param address without a path, such as http://10.0.0.7:8080
 * @param model the name that it serves under
 */
public record Examinee(URI address, String model) {}
