package io.portward.server.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.server.ProxyExtension;
import io.portward.testkit.RequiresCommand;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Request smuggling over HTTP/1 and HTTP/2, with the parsers of the libraries h11 and h2 as second opinion: {@code desync.py}. */
@RequiresCommand(
        value = PythonOrigin.DEBIAN,
        pythonModules = {"h11", "h2"})
class DesyncIT {

    @TempDir
    private static Path folder;

    private static PythonOrigin origin;

    @RegisterExtension
    static final ProxyExtension PROXY = new ProxyExtension(DesyncIT::configuration);

    private static String configuration() throws Exception {
        origin = PythonOrigin.ofDebian(folder, "strict_origin.py");
        return """
                certificates:
                  - {name: ecdsa, chain: ecdsa.pem, key: ecdsa.key}
                backends:
                  strict: {servers: ["STRICT"]}
                ports:
                  - {listen: "127.0.0.1:0", protocol: https, routes: [{backend: strict}]}
                """.replace("STRICT", origin.address());
    }

    @AfterAll
    static void stopOrigin() throws InterruptedException {
        origin.close();
    }

    @Test
    void readsEveryRequestAsAnotherParserDoesOrRefusesIt() throws Exception {
        Command.Result result = new Command(
                        PythonOrigin.DEBIAN,
                        PythonOrigin.script(folder, "desync.py").toString(),
                        "" + PROXY.port("https"),
                        PROXY.file("ca.pem").toString(),
                        "" + origin.port())
                .run();
        assertThat(result.succeeded().out())
                .matches("(?s)1949 attacks over HTTP/1, 352 over HTTP/2\n[1-9]\\d* and [1-9]\\d* requests passed\n.*")
                .endsWith("\n0 wrong\n");
    }
}
