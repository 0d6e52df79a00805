package io.portward.server.peers;

import io.portward.testkit.ScriptedUpstream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * A dovecot with one mailbox: user {@code joe}, password {@code secret}. It has to be started by root, as its package expects, and gives
 * the mailbox to {@code nobody}.
 */
final class Dovecot implements AutoCloseable {

    /** {@code nobody} and {@code nogroup} of Debian. */
    private static final int MAIL_OWNER = 65534;

    private final int imap = ScriptedUpstream.unusedPort();
    private final int imapBehindProxy = ScriptedUpstream.unusedPort();
    private final int imapsBehindProxy = ScriptedUpstream.unusedPort();
    private final Path certificate;
    private final int pop3 = ScriptedUpstream.unusedPort();
    private final Path log;
    private final Daemon daemon;

    Dovecot(Path folder) throws IOException, InterruptedException {
        Path mail = Files.createDirectories(folder.resolve("mail"));
        for (Path path : List.of(folder, mail)) {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        new Command("chown", MAIL_OWNER + ":" + MAIL_OWNER, mail.toString())
                .run()
                .succeeded();
        Files.writeString(folder.resolve("users"), "joe:{PLAIN}secret\n");
        certificate = folder.resolve("dovecot.pem");
        issue(certificate, folder.resolve("dovecot.key"));
        log = folder.resolve("dovecot.log");
        Path file = Files.writeString(folder.resolve("dovecot.conf"), configuration(folder));
        daemon = new Daemon("/usr/sbin/dovecot", "-F", "-c", file.toString())
                .awaitPort(imap)
                .awaitPort(pop3);
    }

    private static void issue(Path certificate, Path key) throws IOException, InterruptedException {
        new Command(
                        "openssl",
                        "req",
                        "-x509",
                        "-newkey",
                        "rsa:2048",
                        "-nodes",
                        "-subj",
                        "/CN=dovecot.test",
                        "-addext",
                        "subjectAltName=DNS:dovecot.test",
                        "-keyout",
                        key.toString(),
                        "-out",
                        certificate.toString())
                .run()
                .succeeded();
    }

    private String configuration(Path folder) {
        return """
                base_dir = FOLDER/run
                state_dir = FOLDER/run
                log_path = FOLDER/dovecot.log
                listen = 127.0.0.1
                protocols = imap pop3
                ssl = yes
                ssl_cert = <FOLDER/dovecot.pem
                ssl_key = <FOLDER/dovecot.key
                disable_plaintext_auth = yes
                haproxy_trusted_networks = 127.0.0.0/8
                first_valid_uid = 1
                mail_location = maildir:FOLDER/mail/joe
                passdb {
                  driver = passwd-file
                  args = FOLDER/users
                }
                userdb {
                  driver = static
                  args = uid=OWNER gid=OWNER home=FOLDER/mail/joe
                }
                service imap-login {
                  chroot =
                  inet_listener imap {
                    port = IMAP
                  }
                  inet_listener imaps {
                    port = 0
                  }
                  inet_listener imap_haproxy {
                    port = BEHIND
                    haproxy = yes
                  }
                  inet_listener imaps_haproxy {
                    port = TLSBEHIND
                    ssl = yes
                    haproxy = yes
                  }
                }
                service pop3-login {
                  chroot =
                  inet_listener pop3 {
                    port = POP3
                  }
                  inet_listener pop3s {
                    port = 0
                  }
                }
                """.replace("FOLDER", folder.toString())
                .replace("OWNER", "" + MAIL_OWNER)
                .replace("IMAP", "" + imap)
                .replace("TLSBEHIND", "" + imapsBehindProxy)
                .replace("BEHIND", "" + imapBehindProxy)
                .replace("POP3", "" + pop3);
    }

    String imap() {
        return "127.0.0.1:" + imap;
    }

    /** Wants a PROXY header. */
    String imapBehindProxy() {
        return "127.0.0.1:" + imapBehindProxy;
    }

    /** Ends TLS itself, for dovecot.test, and wants a PROXY header. */
    String imapsBehindProxy() {
        return "127.0.0.1:" + imapsBehindProxy;
    }

    /** Of dovecot.test. */
    Path certificate() {
        return certificate;
    }

    String pop3() {
        return "127.0.0.1:" + pop3;
    }

    String log() throws IOException {
        return Files.readString(log);
    }

    @Override
    public void close() throws InterruptedException {
        daemon.close();
    }
}
