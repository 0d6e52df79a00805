package io.portward.server.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.server.ProxyExtension;
import io.portward.server.demo.DemoCertificates;
import io.portward.testkit.RequiresCommand;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** An nginx that is spoken to over TLS. */
@RequiresCommand({"curl", "h2load", "nginx"})
class TlsOriginIT {

    private static final int LARGE = 20_000_000;

    @TempDir
    private static Path folder;

    private static Nginx nginx12;
    private static Nginx nginx13;

    @RegisterExtension
    static final ProxyExtension PROXY = new ProxyExtension(TlsOriginIT::configuration);

    private static String configuration() throws Exception {
        DemoCertificates.write(folder);
        nginx12 = nginx("nginx12", "TLSv1.2");
        nginx13 = nginx("nginx13", "TLSv1.3");
        Sha256.randomFile(nginx13.root().resolve("large"), LARGE);
        return """
                certificates:
                  - {name: ecdsa, chain: ecdsa.pem, key: ecdsa.key}
                backends:
                  tls12: {servers: ["TLS12"], protocol: https, tls: {trust: FOLDER/ca.pem, serverName: localhost}}
                  tls13: {servers: ["TLS13"], protocol: https, tls: {trust: FOLDER/ca.pem, serverName: localhost}}
                ports:
                  - listen: "127.0.0.1:0"
                    protocol: https
                    routes: [{path: /tls12, stripPrefix: /tls12, backend: tls12}, {backend: tls13}]
                """.replace("TLS12", nginx12.address())
                .replace("TLS13", nginx13.address())
                .replace("FOLDER", folder.toString());
    }

    private static Nginx nginx(String name, String version) throws Exception {
        return new Nginx(
                Files.createDirectories(folder.resolve(name)), "ssl", """
                ssl_certificate CERTIFICATES/ecdsa.pem;
                ssl_certificate_key CERTIFICATES/ecdsa.key;
                ssl_protocols VERSION;
                location = /once { keepalive_timeout 0; return 200 "$ssl_protocol $ssl_server_name $ssl_session_reused "; }
                """.replace("CERTIFICATES", folder.toString())
                        .replace("VERSION", version));
    }

    @AfterAll
    static void stopOrigins() throws InterruptedException {
        nginx12.close();
        nginx13.close();
    }

    private static Command.Result curl(String... arguments) throws Exception {
        String[] command = new String[arguments.length + 4];
        command[0] = "curl";
        command[1] = "-s";
        command[2] = "--cacert";
        command[3] = PROXY.file("ca.pem").toString();
        System.arraycopy(arguments, 0, command, 4, arguments.length);
        return new Command(command).run().succeeded();
    }

    private static String url(String path) {
        return "https://localhost:" + PROXY.port("https") + path;
    }

    /** Each request makes Portward connect anew. */
    @Test
    void resumesItsSessions() throws Exception {
        String one = url("/tls12/once");
        assertThat(curl(one, one, one, one).out())
                .startsWith("TLSv1.2 localhost ")
                .endsWith(" r TLSv1.2 localhost r TLSv1.2 localhost r ");
    }

    /** A ticket of TLS 1.3 is used once (RFC 8446 §C.4), so at times there is none left. */
    @Test
    void resumesItsSessionsWhileThereAreTickets() throws Exception {
        String one = url("/once");
        assertThat(curl(one, one, one, one).out())
                .startsWith("TLSv1.3 localhost ")
                .contains(" r TLSv1.3 localhost ");
    }

    @Test
    void passesLargeBodies() throws Exception {
        Path received = folder.resolve("received");
        curl("-o", received.toString(), url("/large"));
        assertThat(Sha256.of(received)).isEqualTo(Sha256.of(nginx13.root().resolve("large")));
    }

    @Test
    void answersTenThousandRequests() throws Exception {
        Files.writeString(nginx13.root().resolve("small.txt"), "x".repeat(90));
        Command.Result result =
                new Command("h2load", "-n", "10000", "-t", "1", "-c", "4", "-m", "16", url("/small.txt")).run();
        assertThat(result.succeeded().out())
                .contains("10000 done, 10000 succeeded, 0 failed, 0 errored, 0 timeout")
                .contains("status codes: 10000 2xx");
    }
}
