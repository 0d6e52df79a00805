package io.portward.server.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.core.transport.Transport;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DemoTest {

    private static final int TIMEOUT_MILLIS = 10_000;

    private final Transport transport = Transport.open(1);
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @AfterEach
    void closeTransport() throws InterruptedException {
        transport.close().await();
    }

    @Test
    void keepsItsFilesToItselfAndRemovesThem() throws Exception {
        Path folder;
        try (Demo demo = Demo.prepare(transport)) {
            folder = demo.configuration().getParent();
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
                    .isEqualTo("rwx------");
            for (String key : List.of("ecdsa.key", "rsa.key")) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve(key))))
                        .isEqualTo("rw-------");
            }
            assertThat(folder.resolve("ca.key")).doesNotExist();
            assertThat(demo.hints()).anyMatch(line -> line.contains("curl --cacert " + folder.resolve("ca.pem")));
        }
        assertThat(folder).doesNotExist();
    }

    /** Somebody who marks a whole line must not get a syntax error from the shell. */
    @Test
    void printsCommandsThatAShellTakesAsTheyStand() throws Exception {
        try (Demo demo = Demo.prepare(transport)) {
            assertThat(demo.hints())
                    .filteredOn(line -> line.startsWith("  "))
                    .hasSizeGreaterThan(4)
                    .noneMatch(line -> line.contains("("));
        }
    }

    @Test
    void signsBothKindsOfCertificateForThisMachineOnly() throws Exception {
        try (Demo demo = Demo.prepare(transport)) {
            Path folder = demo.configuration().getParent();
            X509Certificate authority = certificate(folder.resolve("ca.pem"));
            assertThat(authority.getBasicConstraints()).isZero();
            for (String algorithm : List.of("ecdsa", "rsa")) {
                X509Certificate server = certificate(folder.resolve(algorithm + ".pem"));
                server.verify(authority.getPublicKey());
                server.checkValidity();
                assertThat(server.getPublicKey().getAlgorithm()).isEqualTo(algorithm.equals("rsa") ? "RSA" : "EC");
                assertThat(server.getBasicConstraints()).isEqualTo(-1);
                assertThat(server.getSubjectAlternativeNames().stream().map(name -> (String) name.get(1)))
                        .containsExactly("localhost", "*.localhost", "127.0.0.1", "0:0:0:0:0:0:0:1");
            }
        }
    }

    @Test
    void showsTheRequestWithoutLettingItWriteHtml() throws Exception {
        try (DemoOrigin web = DemoOrigin.web(transport)) {
            HttpResponse<String> response = client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + web.port() + "/a?b=1"))
                            .header("X-Test", "<script>alert(1)</script>")
                            .POST(HttpRequest.BodyPublishers.ofString("dropped"))
                            .build(),
                    BodyHandlers.ofString());

            assertThat(response.body())
                    .contains("POST /a?b=1 HTTP/1.1", "&lt;script&gt;alert(1)&lt;/script&gt;")
                    .doesNotContain("<script>");
        }
    }

    @Test
    void streamsAsManyBytesAsAskedForAndThenTheNextAnswer() throws Exception {
        try (DemoOrigin web = DemoOrigin.web(transport)) {
            String base = "http://127.0.0.1:" + web.port();
            for (long length : new long[] {0, 1, 32 * 1024, 50_000_000}) {
                HttpResponse<InputStream> response = client.send(
                        HttpRequest.newBuilder(URI.create(base + "/bytes/" + length))
                                .build(),
                        BodyHandlers.ofInputStream());
                assertThat(response.body().transferTo(OutputStream.nullOutputStream()))
                        .isEqualTo(length);
            }
            HttpResponse<String> slow = client.send(
                    HttpRequest.newBuilder(URI.create(base + "/slow")).build(), BodyHandlers.ofString());
            assertThat(slow.body()).startsWith("line 1 of 10\n").endsWith("line 10 of 10\n");
        }
    }

    @Test
    void greetsAndSaysGoodbyeLikeAMailServer() throws Exception {
        try (DemoOrigin mail = DemoOrigin.mail(transport);
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), mail.port())) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            assertThat(in.readLine()).startsWith("* OK ");
            socket.getOutputStream().write("a1 LOGIN me secret\r\na2 logout\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(in.readLine()).startsWith("a1 NO ");
            assertThat(in.readLine()).startsWith("* BYE ");
            assertThat(in.readLine()).startsWith("a2 OK ");
            assertThat(in.readLine()).isNull();
        }
    }

    private static X509Certificate certificate(Path file) throws Exception {
        try (InputStream in = Files.newInputStream(file)) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
    }
}
