package io.portward.server.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.server.ProxyExtension;
import io.portward.testkit.RequiresCommand;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** h2spec, the conformance suite of HTTP/2 and HPACK servers, with its strict cases. There is no program for other machines. */
@RequiresCommand({"python3", "tar"})
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class H2specIT {

    private static final String ARCHIVE = "/h2spec/2.2.0/h2spec_linux_amd64.tar.gz";

    @TempDir
    private static Path folder;

    private static PythonOrigin origin;

    @RegisterExtension
    static final ProxyExtension PROXY = new ProxyExtension(H2specIT::configuration);

    private static String configuration() throws Exception {
        origin = new PythonOrigin(folder, "HTTP/1.1");
        return """
                certificates:
                  - {name: ecdsa, chain: ecdsa.pem, key: ecdsa.key}
                backends:
                  python: {servers: ["PYTHON"]}
                ports:
                  - {listen: "127.0.0.1:0", protocol: https, routes: [{backend: python}]}
                """.replace("PYTHON", origin.address());
    }

    @AfterAll
    static void stopOrigin() throws InterruptedException {
        origin.close();
    }

    @Test
    void findsNothingWrong() throws Exception {
        Command.Result result = new Command(
                        program().toString(),
                        "--strict",
                        "--tls",
                        "--insecure",
                        "--timeout=10", // of one case; only a failing one takes it
                        "--host=127.0.0.1",
                        "--port=" + PROXY.port("https"))
                .run();
        assertThat(result.out()).contains("146 tests, 146 passed, 0 skipped, 0 failed");
        result.succeeded();
    }

    private static Path program() throws Exception {
        Path archive = folder.resolve("h2spec.tar.gz");
        try (InputStream packed = Objects.requireNonNull(H2specIT.class.getResourceAsStream(ARCHIVE))) {
            Files.copy(packed, archive);
        }
        new Command("tar", "-xzf", archive.toString(), "-C", folder.toString())
                .run()
                .succeeded();
        return folder.resolve("h2spec");
    }
}
