package io.portward.server.peers;

import io.portward.testkit.ScriptedUpstream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** An nginx that serves files and a few fixed answers over HTTP/1.1, as somebody's web application. */
final class Nginx implements AutoCloseable {

    private final int port = ScriptedUpstream.unusedPort();
    private final Path root;
    private final Daemon daemon;

    /**
     * Starts it.
     *
     * @param folder an empty one of its own
     * @param locations what to serve beside the files in {@link #root}, in nginx's own words
     */
    Nginx(Path folder, String locations) throws IOException {
        this(folder, "", locations);
    }

    /** @param listen what comes behind the address, such as {@code ssl http2} */
    Nginx(Path folder, String listen, String locations) throws IOException {
        root = Files.createDirectories(folder.resolve("www"));
        Path file = Files.writeString(folder.resolve("nginx.conf"), """
                daemon off;
                master_process off;
                user root;
                pid FOLDER/nginx.pid;
                error_log stderr warn;
                events { worker_connections 4096; }
                http {
                    access_log off;
                    default_type application/octet-stream;
                    types { text/html html; text/css css; text/javascript js; image/svg+xml svg; text/plain txt; }
                    sendfile on;
                    client_max_body_size 0;
                    client_body_temp_path FOLDER/body;
                    proxy_temp_path FOLDER/proxy;
                    fastcgi_temp_path FOLDER/fastcgi;
                    uwsgi_temp_path FOLDER/uwsgi;
                    scgi_temp_path FOLDER/scgi;
                    gzip on;
                    gzip_min_length 100;
                    gzip_types text/plain;
                    keepalive_requests 1000000;
                    server {
                        listen 127.0.0.1:PORT backlog=4096 LISTEN;
                        root FOLDER/www;
                        LOCATIONS
                    }
                }
                """.replace("LOCATIONS", locations)
                .replace("LISTEN", listen)
                .replace("FOLDER", folder.toString())
                .replace("PORT", "" + port));
        daemon = new Daemon("/usr/sbin/nginx", "-p", folder.toString(), "-c", file.toString()).awaitPort(port);
    }

    /** As the configuration wants it. */
    String address() {
        return "127.0.0.1:" + port;
    }

    Path root() {
        return root;
    }

    @Override
    public void close() throws InterruptedException {
        daemon.close();
    }
}
