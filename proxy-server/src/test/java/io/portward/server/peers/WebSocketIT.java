package io.portward.server.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.server.ProxyExtension;
import io.portward.testkit.RequiresCommand;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A WebSocket client and server of other people with Portward between them: the library {@code websockets} at both ends. */
@RequiresCommand(value = PythonOrigin.DEBIAN, pythonModules = "websockets")
class WebSocketIT {

    @TempDir
    private static Path folder;

    private static PythonOrigin origin;

    @RegisterExtension
    static final ProxyExtension PROXY = new ProxyExtension(WebSocketIT::configuration);

    private static String configuration() throws Exception {
        origin = PythonOrigin.ofDebian(folder, "websocket_echo.py");
        return """
                certificates:
                  - {name: ecdsa, chain: ecdsa.pem, key: ecdsa.key}
                backends:
                  echo: {servers: ["ECHO"]}
                ports:
                  - {listen: "127.0.0.1:0", protocol: https, routes: [{backend: echo}]}
                """.replace("ECHO", origin.address());
    }

    @AfterAll
    static void stopOrigin() throws InterruptedException {
        origin.close();
    }

    @ParameterizedTest
    @CsvSource({"deflate, ['permessage-deflate']", "plain, []"})
    void passesMessagesFragmentsPingsAndCloses(String compression, String extensions) throws Exception {
        Command.Result result = new Command(
                        PythonOrigin.DEBIAN,
                        PythonOrigin.script(folder, "websocket_client.py").toString(),
                        "" + PROXY.port("https"),
                        PROXY.file("ca.pem").toString(),
                        compression)
                .run();
        assertThat(result.succeeded().out())
                .isEqualTo("extensions " + extensions + "\n"
                        + "server closed 4001 asked for\n"
                        + "client closed 3999 enough\n"
                        + "done\n");
    }
}
