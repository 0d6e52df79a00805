package io.portward.server.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portward.server.ProxyExtension;
import io.portward.testkit.RequiresCommand;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A dovecot behind imaps and pop3s ports, read with curl. */
@RequiresCommand({"curl", "dovecot", "doveadm", "openssl"})
class DovecotIT {

    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final String SMALL_MAIL = "From: ann@example.test\r\nSubject: small\r\n\r\nHello Joe.\r\n";

    @TempDir
    private static Path folder;

    private static Dovecot dovecot;

    @RegisterExtension
    static final ProxyExtension PROXY = new ProxyExtension(DovecotIT::configuration);

    private static String configuration() throws Exception {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        dovecot = new Dovecot(Files.createDirectories(folder.resolve("dovecot")));
        return """
                certificates:
                  - {name: ecdsa, chain: ecdsa.pem, key: ecdsa.key}
                  - {name: rsa, chain: rsa.pem, key: rsa.key}
                backends:
                  imap: {servers: ["IMAP"]}
                  imapV1: {servers: ["BEHIND"], proxyProtocol: v1}
                  imapV2: {servers: ["BEHIND"], proxyProtocol: v2}
                  imapTls: {servers: ["ENCRYPTED"], proxyProtocol: v2}
                  pop3: {servers: ["POP3"]}
                ports:
                  - {listen: "127.0.0.1:0", protocol: imaps, backend: imap}
                  - {listen: "127.0.0.1:0", protocol: imaps, backend: imapV1}
                  - {listen: "127.0.0.1:0", protocol: imaps, backend: imapV2}
                  - {listen: "127.0.0.1:0", protocol: imaps, backend: imap, timeouts: {tcpIdle: 2s}}
                  - listen: "127.0.0.1:0"
                    protocol: imaps
                    backend: imap
                    passthrough: [{host: dovecot.test, backend: imapTls}]
                  - {listen: "127.0.0.1:0", protocol: pop3s, backend: pop3}
                """.replace("IMAP", dovecot.imap())
                .replace("ENCRYPTED", dovecot.imapsBehindProxy())
                .replace("BEHIND", dovecot.imapBehindProxy())
                .replace("POP3", dovecot.pop3());
    }

    @BeforeAll
    static void sendMail() throws Exception {
        Path small = Files.writeString(folder.resolve("small.eml"), SMALL_MAIL);
        Path large = Files.writeString(folder.resolve("large.eml"), largeMail());
        append(small);
        append(large);
    }

    private static String largeMail() {
        byte[] attachment = new byte[6_000_000];
        new Random(1).nextBytes(attachment);
        return "From: ann@example.test\r\nSubject: large\r\n\r\n"
                + Base64.getMimeEncoder().encodeToString(attachment) + "\r\n";
    }

    private static void append(Path mail) throws Exception {
        curl("-T", mail.toString(), imaps(0) + "/INBOX").succeeded();
    }

    @AfterAll
    static void stopDovecot() throws InterruptedException {
        dovecot.close();
    }

    @Test
    void listsAndFetchesOverImaps() throws Exception {
        assertThat(curl(imaps(0) + "/").succeeded().out()).contains("* LIST", "INBOX");
        assertThat(curl(imaps(0) + "/INBOX", "-X", "STATUS INBOX (MESSAGES)")
                        .succeeded()
                        .out())
                .contains("(MESSAGES 2)");
        assertThat(curl(imaps(0) + "/INBOX;MAILINDEX=1").succeeded().out()).isEqualTo(SMALL_MAIL);
    }

    @Test
    void fetchesALargeMailUnchanged() throws Exception {
        assertThat(curl(imaps(0) + "/INBOX;MAILINDEX=2").succeeded().out())
                .isEqualTo(Files.readString(folder.resolve("large.eml")));
    }

    @Test
    void refusesAWrongPasswordInDovecotsWords() throws Exception {
        Command.Result result =
                new Command("curl", "-sS", "--cacert", ca(), "--user", "joe:wrong", imaps(0) + "/").run();
        assertThat(result.exit()).isEqualTo(67);
    }

    @Test
    void listsAndFetchesOverPop3s() throws Exception {
        String pop3s = "pop3s://localhost:" + PROXY.port("pop3s");
        assertThat(curl(pop3s + "/").succeeded().out().lines()).hasSize(2);
        assertThat(curl(pop3s + "/1").succeeded().out()).isEqualTo(SMALL_MAIL);
    }

    @ParameterizedTest
    @CsvSource({"1, 127.0.0.91", "2, 127.0.0.92"})
    void tellsDovecotTheClientsAddress(int port, String client) throws Exception {
        String ipv4 = imaps(port).replace("localhost", "127.0.0.1");
        // Dovecot takes a plain password from elsewhere only over TLS, which version 2 alone can tell it of.
        Command.Result result = curl("--interface", client, ipv4 + "/");
        if (port == 2) {
            assertThat(result.succeeded().out()).contains("INBOX");
        }
        await().atMost(TIMEOUT)
                .untilAsserted(() -> assertThat(dovecot.log().lines())
                        .anyMatch(line -> line.contains("rip=" + client + ", lip=127.0.0.1")
                                && line.contains("secured") == (port == 2)));
    }

    /** One port, two names: Dovecot ends the TLS of its own, and Portward that of the other. */
    @Test
    void dovecotMayEndTlsItself() throws Exception {
        int port = PROXY.ports("imaps").get(4);
        Command.Result passed = curl(
                "--cacert",
                dovecot.certificate().toString(),
                "--interface",
                "127.0.0.93",
                "--resolve",
                "dovecot.test:" + port + ":127.0.0.1",
                "imaps://dovecot.test:" + port + "/INBOX;MAILINDEX=2");
        assertThat(passed.succeeded().out()).isEqualTo(Files.readString(folder.resolve("large.eml")));
        await().atMost(TIMEOUT)
                .untilAsserted(() -> assertThat(dovecot.log().lines())
                        .anyMatch(line -> line.contains("rip=127.0.0.93, lip=127.0.0.1") && line.contains(", TLS")));
        assertThat(curl("imaps://localhost:" + port + "/INBOX;MAILINDEX=1")
                        .succeeded()
                        .out())
                .isEqualTo(SMALL_MAIL);
    }

    @Test
    void letsAClientLogOutAndSeesTheEndOfBothSides() throws Exception {
        Command.Result result = new Command(
                        "openssl", "s_client", "-quiet", "-ign_eof", "-connect", "127.0.0.1:" + PROXY.port("imaps"))
                .input("a LOGOUT\r\n")
                .run();
        assertThat(result.succeeded().out())
                .startsWith("* OK ")
                .contains("* BYE ")
                .contains("a OK ");
    }

    @Test
    void closesASilentConnectionAfterItsIdleTimeAndNoneBefore() throws Exception {
        int quick = PROXY.ports("imaps").get(3);
        long begin = System.nanoTime();
        try (Silent kept = new Silent(PROXY.port("imaps"));
                Silent closed = new Silent(quick)) {
            closed.awaitEnd();
            assertThat(Duration.ofNanos(System.nanoTime() - begin))
                    .isBetween(Duration.ofSeconds(2), Duration.ofSeconds(10));
            assertThat(kept.isOpen()).isTrue();
        }
    }

    /** A client that has been greeted and says nothing. */
    private static final class Silent implements AutoCloseable {

        private final Process process;

        Silent(int port) throws Exception {
            process = new ProcessBuilder("openssl", "s_client", "-quiet", "-connect", "127.0.0.1:" + port)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            assertThat(process.inputReader(StandardCharsets.ISO_8859_1).readLine())
                    .startsWith("* OK ");
        }

        boolean isOpen() {
            return process.isAlive();
        }

        void awaitEnd() {
            await().atMost(TIMEOUT).until(() -> !process.isAlive());
        }

        @Override
        public void close() {
            process.destroy();
        }
    }

    private static String imaps(int number) {
        return "imaps://localhost:" + PROXY.ports("imaps").get(number);
    }

    private static String ca() {
        return PROXY.file("ca.pem").toString();
    }

    private static Command.Result curl(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("curl", "-sS", "--max-time", "60", "--cacert", ca()));
        command.addAll(List.of("--user", "joe:secret"));
        command.addAll(List.of(arguments));
        return new Command(command).run();
    }
}
