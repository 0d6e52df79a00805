package io.portward.server;

import io.portward.server.demo.DemoCertificates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * One whole Portward for all tests of a class, from a configuration text. In its folder lie {@code ca.pem} and, for localhost and the loopback
 * addresses, {@code ecdsa.pem}, {@code ecdsa.key}, {@code rsa.pem}, {@code rsa.key}. For a static field with {@code @RegisterExtension}.
 */
public final class ProxyExtension implements BeforeAllCallback, AfterAllCallback {

    /** Makes the text once the test's own servers are up. */
    public interface Configuration {
        String text() throws Exception;
    }

    private final Configuration configuration;
    private Path folder;
    private PortwardProcess process;

    public ProxyExtension(Configuration configuration) {
        this.configuration = configuration;
    }

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        folder = Files.createTempDirectory("portward-test-");
        DemoCertificates.write(folder);
        Path file = Files.writeString(folder.resolve("portward.yaml"), configuration.text());
        process = new PortwardProcess("run", "--config", file.toString()).awaitReady();
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        try {
            if (process != null) {
                process.close();
            }
        } finally {
            remove(folder);
        }
    }

    public PortwardProcess process() {
        return process;
    }

    public Path file(String name) {
        return folder.resolve(name);
    }

    public int port(String protocol) {
        return process.port(protocol);
    }

    public List<Integer> ports(String protocol) {
        return process.ports(protocol);
    }

    private static void remove(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
