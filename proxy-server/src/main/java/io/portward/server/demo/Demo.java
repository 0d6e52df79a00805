package io.portward.server.demo;

import io.portward.core.connection.StartException;
import io.portward.core.transport.Transport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * A folder with certificates and a configuration, and the two servers that the configuration names. Ownership: closing stops the servers and
 * removes the folder.
 */
public final class Demo implements AutoCloseable {

    private static final String CONFIGURATION = """
            # Made by `portward demo`; it vanishes with it.
            certificates:
              - {name: localhost-ecdsa, chain: ecdsa.pem, key: ecdsa.key}
              - {name: localhost-rsa, chain: rsa.pem, key: rsa.key}

            ports:
              - {listen: "127.0.0.1:8443", protocol: https, routes: [{backend: web}]}
              - {listen: "127.0.0.1:8080", protocol: redirect, to: 8443}
              - {listen: "127.0.0.1:8993", protocol: imaps, backend: mail}

            backends:
              web: {servers: ["127.0.0.1:WEB_PORT"]}
              mail: {servers: ["127.0.0.1:MAIL_PORT"]}

            admin: {listen: "127.0.0.1:9180"}
            shutdown: {grace: 5s}
            """;

    /** Those of the configuration above. */
    private static final List<Integer> PORTS = List.of(8443, 8080, 8993, 9180);

    private final Path folder;
    private final DemoOrigin web;
    private final DemoOrigin mail;

    /** Removes the folder even when the process ends without closing this. */
    private final Thread hook;

    private Demo(Path folder, DemoOrigin web, DemoOrigin mail) {
        this.folder = folder;
        this.web = web;
        this.mail = mail;
        hook = new Thread(() -> remove(folder), "portward-demo-cleanup");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** @throws StartException with one line for the operator; nothing stays behind */
    public static Demo prepare(Transport transport) throws StartException {
        DemoOrigin web = DemoOrigin.web(transport);
        DemoOrigin mail;
        try {
            mail = DemoOrigin.mail(transport);
        } catch (StartException e) {
            web.close();
            throw e;
        }
        Path folder = null;
        try {
            folder = newFolder();
            DemoCertificates.write(folder);
            Demo demo = new Demo(folder, web, mail);
            Files.writeString(
                    demo.configuration(),
                    CONFIGURATION
                            .replace("WEB_PORT", Integer.toString(web.port()))
                            .replace("MAIL_PORT", Integer.toString(mail.port())));
            return demo;
        } catch (IOException e) {
            web.close();
            mail.close();
            if (folder != null) {
                remove(folder);
            }
            throw new StartException("the demo's files cannot be made: " + e.getMessage(), e);
        }
    }

    public Path configuration() {
        return folder.resolve("portward.yaml");
    }

    /** The reason why the demo could not start, with a remedy for someone who wrote no configuration and cannot choose the ports. */
    public static StartException explain(StartException reason) {
        Throwable cause = reason.getCause();
        if (cause == null || !String.valueOf(cause.getMessage()).contains("in use")) {
            return reason;
        }
        String message = String.valueOf(reason.getMessage());
        return PORTS.stream()
                .filter(port -> message.contains("127.0.0.1:" + port))
                .findFirst()
                .map(port -> new StartException(
                        "port 127.0.0.1:" + port + " is already in use; does another `portward demo` run?"
                                + " `ss -ltnp 'sport = :" + port + "'` shows which program to stop",
                        cause))
                .orElse(reason);
    }

    /** What to type next. */
    public List<String> hints() {
        String authority = folder.resolve("ca.pem").toString();
        return List.of(
                "Try, in another terminal:",
                "",
                "  curl --cacert " + authority + " https://localhost:8443/",
                "  curl --cacert " + authority + " -o /dev/null https://localhost:8443/bytes/100000000",
                "  curl --cacert " + authority + " -N https://localhost:8443/slow",
                "  curl --cacert " + authority + " -L http://localhost:8080/     # redirected to https",
                "  openssl s_client -connect localhost:8993 -CAfile " + authority
                        + " -crlf -quiet     # then type: a LOGOUT",
                "  curl http://127.0.0.1:9180/metrics",
                "",
                "A browser shows https://localhost:8443/ too, after a warning: the CA is known to nobody.",
                "The configuration behind this is " + configuration() + ".",
                "Ctrl-C stops; the certificates are removed with it.");
    }

    @Override
    public void close() {
        web.close();
        mail.close();
        remove(folder);
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException shuttingDown) {
            // The hook is running already and finds the folder gone.
            return;
        }
    }

    /** Short enough to be typed. Creating it fails when somebody was there before, so nobody else's files are used. */
    private static Path newFolder() throws IOException {
        String name = String.format(Locale.ROOT, "portward-demo-%06x", new SecureRandom().nextInt(1 << 24));
        return Files.createDirectory(
                Path.of(System.getProperty("java.io.tmpdir"), name),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    private static void remove(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot remove " + folder, e);
        }
    }
}
