package io.portward.server.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.server.PortwardProcess;
import io.portward.server.demo.DemoCertificates;
import io.portward.testkit.RequiresCommand;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** HAProxy in front, passing TCP through with a PROXY header. */
@RequiresCommand({"curl", "haproxy", "python3"})
class HaproxyIT {

    @TempDir
    private Path folder;

    private PortwardProcess run(PythonOrigin origin) throws IOException {
        String text = """
                certificates:
                  - {name: ecdsa, chain: ecdsa.pem, key: ecdsa.key}
                backends:
                  web: {servers: ["WEB"]}
                trustedProxies: [127.0.0.1]
                ports:
                  - {listen: "127.0.0.1:0", protocol: https, routes: [{backend: web}], proxyProtocol: required}
                """.replace("WEB", origin.address());
        Path file = Files.writeString(folder.resolve("portward.yaml"), text);
        return new PortwardProcess("run", "--config", file.toString()).awaitReady();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private Daemon haproxy(int port, String server) throws IOException {
        String text = """
                defaults
                    mode tcp
                    timeout connect 5s
                    timeout client 30s
                    timeout server 30s
                listen front
                    bind 127.0.0.1:%PORT%
                    server portward %SERVER%
                """.replace("%PORT%", Integer.toString(port)).replace("%SERVER%", server);
        Path file = Files.writeString(folder.resolve("haproxy.cfg"), text);
        return new Daemon("haproxy", "-db", "-f", file.toString()).awaitPort(port);
    }

    @ParameterizedTest
    @CsvSource({
        "send-proxy, --http1.1",
        "send-proxy, --http2",
        "send-proxy-v2, --http1.1",
        "send-proxy-v2-ssl-cn proxy-v2-options unique-id, --http2"
    })
    void theBackendLearnsWhoSpeaksToHaproxy(String option, String version) throws Exception {
        DemoCertificates.write(folder);
        int front = freePort();
        try (PythonOrigin origin = new PythonOrigin(folder, "HTTP/1.1");
                PortwardProcess portward = run(origin);
                Daemon haproxy = haproxy(front, "127.0.0.1:" + portward.port("https") + " " + option)) {
            // From an address of its own, so that it cannot be mistaken for HAProxy's.
            Command curl = new Command(
                    "curl",
                    "-sS",
                    "--interface",
                    "127.0.0.7",
                    "--cacert",
                    folder.resolve("ca.pem").toString(),
                    version,
                    "https://localhost:" + front + "/");
            assertThat(curl.run().succeeded().out())
                    .containsIgnoringCase("x-forwarded-for: 127.0.0.7\n")
                    .containsIgnoringCase("x-forwarded-port: " + front + "\n");
            assertThat(haproxy.lines()).noneMatch(line -> line.contains("ALERT"));
        }
    }
}
