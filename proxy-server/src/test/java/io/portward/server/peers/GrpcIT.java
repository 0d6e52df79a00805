package io.portward.server.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.server.ProxyExtension;
import io.portward.server.demo.DemoCertificates;
import io.portward.testkit.RequiresCommand;
import io.portward.testkit.ScriptedUpstream;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A gRPC client and server of other people (gRPC's C core) with Portward between them. */
@RequiresCommand(value = PythonOrigin.DEBIAN, pythonModules = "grpc")
class GrpcIT {

    @TempDir
    private static Path folder;

    private static PythonOrigin plain;
    private static PythonOrigin tls;

    @RegisterExtension
    static final ProxyExtension PROXY = new ProxyExtension(GrpcIT::configuration);

    private static String configuration() throws Exception {
        DemoCertificates.write(folder);
        plain = PythonOrigin.ofDebian(folder, "grpc_server.py");
        tls = PythonOrigin.ofDebian(
                folder,
                "grpc_server.py",
                folder.resolve("ecdsa.pem").toString(),
                folder.resolve("ecdsa.key").toString());
        String routes = """
                    protocol: https
                    timeouts: {minRate: 1KiB, minRateGrace: 1s}
                    routes: [{path: /test.Test, backend: BACKEND}, {path: /gone.Gone, backend: gone}]
                """;
        return """
                certificates:
                  - {name: ecdsa, chain: ecdsa.pem, key: ecdsa.key}
                backends:
                  h2c: {servers: ["PLAIN"], protocol: h2c}
                  h2: {servers: ["TLS"], protocol: h2, tls: {trust: FOLDER/ca.pem}}
                  gone: {servers: ["127.0.0.1:GONE"], protocol: h2c}
                ports:
                  - listen: "127.0.0.1:0"
                ROUTES-H2C
                  - listen: "127.0.0.1:0"
                ROUTES-TLS
                """.replace("PLAIN", plain.address())
                .replace("TLS\"", tls.address() + "\"")
                .replace("FOLDER", folder.toString())
                .replace("GONE", "" + ScriptedUpstream.unusedPort())
                .replace("ROUTES-H2C", routes.replace("BACKEND", "h2c"))
                .replace("ROUTES-TLS", routes.replace("BACKEND", "h2"));
    }

    @AfterAll
    static void stopOrigins() throws InterruptedException {
        plain.close();
        tls.close();
    }

    /** {@code minRate} is such that the pause in the chat would be too long for any other body. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void passesEveryKindOfCall(int port) throws Exception {
        Command.Result result = new Command(
                        PythonOrigin.DEBIAN,
                        PythonOrigin.script(folder, "grpc_client.py").toString(),
                        "" + PROXY.ports("https").get(port),
                        PROXY.file("ca.pem").toString())
                .run();
        assertThat(result.succeeded().out()).isEqualTo("""
                unary: [b'cba', '1', 'me']
                deadline: b'True'
                trailers only: FAILED_PRECONDITION as asked for
                too late: DEADLINE_EXCEEDED Deadline Exceeded
                unknown method: UNIMPLEMENTED Method not found!
                server stream: 499500
                client stream: b'1000000'
                large request: True
                large responses: 100000000
                chat: [b're: one', b're: two']
                begun: b'begun'
                cancelled: b'True'
                many at once: 44850
                no server: UNAVAILABLE 502 Bad Gateway
                no route: UNIMPLEMENTED 404 Not Found
                done
                """);
    }
}
