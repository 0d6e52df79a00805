package io.portward.server.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.portward.server.ProxyExtension;
import io.portward.testkit.RequiresCommand;
import io.portward.testkit.ScriptedUpstream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Valid, odd and hostile requests through Portward, nginx and HAProxy in front of one origin: {@code differential.py}. */
@RequiresCommand(
        value = {PythonOrigin.DEBIAN, "nginx", "haproxy"},
        pythonModules = {"h11", "h2"})
class DifferentialIT {

    @TempDir
    private static Path folder;

    private static PythonOrigin origin;

    @RegisterExtension
    static final ProxyExtension PROXY = new ProxyExtension(DifferentialIT::configuration);

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

    private static Daemon nginx(int port) throws IOException {
        Path file = write("nginx.conf", """
                daemon off;
                master_process off;
                user root;
                pid FOLDER/nginx.pid;
                error_log stderr crit;
                events { worker_connections 4096; }
                http {
                    access_log off;
                    client_body_temp_path FOLDER/body;
                    proxy_temp_path FOLDER/proxy;
                    fastcgi_temp_path FOLDER/fastcgi;
                    uwsgi_temp_path FOLDER/uwsgi;
                    scgi_temp_path FOLDER/scgi;
                    server {
                        listen 127.0.0.1:PORT ssl http2;
                        ssl_certificate CHAIN;
                        ssl_certificate_key KEY;
                        location / {
                            proxy_pass http://ORIGIN;
                            proxy_http_version 1.1;
                            proxy_set_header Host $host;
                        }
                    }
                }
                """, port);
        return new Daemon("/usr/sbin/nginx", "-p", folder.toString(), "-c", file.toString()).awaitPort(port);
    }

    private static Daemon haproxy(int port) throws IOException {
        Path both = folder.resolve("both.pem");
        Files.writeString(both, Files.readString(PROXY.file("ecdsa.pem")) + Files.readString(PROXY.file("ecdsa.key")));
        Path file = write("haproxy.cfg", """
                defaults
                    mode http
                    timeout connect 5s
                    timeout client 30s
                    timeout server 30s
                listen front
                    bind 127.0.0.1:PORT ssl crt FOLDER/both.pem alpn h2,http/1.1
                    server strict ORIGIN
                """, port);
        return new Daemon("haproxy", "-db", "-f", file.toString()).awaitPort(port);
    }

    private static Path write(String name, String text, int port) throws IOException {
        String filled = text.replace("FOLDER", folder.toString())
                .replace("PORT", Integer.toString(port))
                .replace("ORIGIN", origin.address())
                .replace("CHAIN", PROXY.file("ecdsa.pem").toString())
                .replace("KEY", PROXY.file("ecdsa.key").toString());
        return Files.writeString(folder.resolve(name), filled);
    }

    @Test
    void forwardsNothingThatBothRefuseAndRefusesNothingThatBothForwardWithoutAReason() throws Exception {
        int nginxPort = ScriptedUpstream.unusedPort();
        int haproxyPort = ScriptedUpstream.unusedPort();
        try (Daemon nginx = nginx(nginxPort);
                Daemon haproxy = haproxy(haproxyPort)) {
            Command.Result result = new Command(
                            PythonOrigin.DEBIAN,
                            PythonOrigin.script(folder, "differential.py").toString(),
                            PROXY.file("ca.pem").toString(),
                            "" + origin.port(),
                            "portward=" + PROXY.port("https"),
                            "nginx=" + nginxPort,
                            "haproxy=" + haproxyPort)
                    .run();
            assertThat(result.succeeded().out())
                    .matches("(?s)3911 requests over HTTP/1, 695 over HTTP/2\n9\\d\\d forwarded by all\n.*")
                    .endsWith("\n0 wrong\n");
            assertThat(haproxy.lines()).noneMatch(line -> line.contains("ALERT"));
            assertThat(nginx.lines()).isEmpty();
        }
    }
}
