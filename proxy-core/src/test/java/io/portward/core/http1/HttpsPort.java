package io.portward.core.http1;

import io.portward.core.transport.Transport;
import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.RecordingObserver.Request;
import io.portward.testkit.RunningProxy;
import io.portward.testkit.TlsClients;
import java.io.IOException;
import java.net.Socket;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A proxy with one https port for the name {@code web.test}, and clients of it. */
final class HttpsPort {

    private final RunningProxy proxy;
    private final TlsClients clients;

    private HttpsPort(RunningProxy proxy, TlsClients clients) {
        this.proxy = proxy;
        this.clients = clients;
    }

    /** In front of one backend with these servers. */
    static HttpsPort start(DataPlaneExtension proxies, String... servers) {
        return with(proxies, "", "", servers);
    }

    /**
     * @param port more keys of the port, each with a comma before it; routes among them replace the one to the backend {@code web}
     * @param file more lines of the file
     */
    static HttpsPort with(DataPlaneExtension proxies, String port, String file, String... servers) {
        String list = Stream.of(servers).map(server -> '"' + server + '"').collect(Collectors.joining(", "));
        return serving(proxies, port, file, list);
    }

    /** @param servers as the list stands in the file, without brackets */
    static HttpsPort servers(DataPlaneExtension proxies, String servers) {
        return serving(proxies, "", "", servers);
    }

    /** @param backend the keys of the backend as they stand in the file */
    static HttpsPort backend(DataPlaneExtension proxies, String backend) {
        return serving(proxies, Transport.open(1), "", "", backend);
    }

    /** @param file more lines of the file */
    static HttpsPort backend(DataPlaneExtension proxies, String backend, String file) {
        return serving(proxies, Transport.open(1), "", file, backend);
    }

    /** On more than one event loop. */
    static HttpsPort backendOn(DataPlaneExtension proxies, Transport transport, String backend) {
        return serving(proxies, transport, "", "", backend);
    }

    private static HttpsPort serving(DataPlaneExtension proxies, String port, String file, String servers) {
        return serving(proxies, Transport.open(1), port, file, "servers: [" + servers + "]");
    }

    private static HttpsPort serving(
            DataPlaneExtension proxies, Transport transport, String port, String file, String backend) {
        proxies.pki().ecdsa("web", "web.test");
        String routes = port.contains("routes:") ? "" : ", routes: [{backend: web}]";
        RunningProxy proxy = proxies.startOn(transport, """
                certificates: [{name: web, chain: web.pem, key: web.key}]
                ports: [{listen: "127.0.0.1:0", protocol: https%s%s}]
                backends: {web: {%s}}
                %s
                """, routes, port, backend, file);
        return new HttpsPort(proxy, TlsClients.trusting(proxies.pki().authority()));
    }

    RunningProxy proxy() {
        return proxy;
    }

    RawClient connect() throws IOException {
        return clients.connect(proxy.address(), "web.test");
    }

    /** Ends its side with close_notify alone; FIN comes with the close. */
    RawClient connectWithoutFin() throws IOException {
        Socket tcp = new Socket() {
            @Override
            public void shutdownOutput() {
                // The TLS layer has said what there is to say.
            }
        };
        return shakeHands(tcp);
    }

    /** One that holds little of what it does not read. */
    RawClient connectWithSmallBuffer() throws IOException {
        Socket tcp = new Socket();
        tcp.setReceiveBufferSize(8 * 1024);
        return shakeHands(tcp);
    }

    private RawClient shakeHands(Socket tcp) throws IOException {
        tcp.connect(proxy.address());
        return new RawClient(clients.context()
                .getSocketFactory()
                .createSocket(tcp, "web.test", proxy.address().getPort(), true));
    }

    /** Connections to servers that are open or being opened. */
    int dialled() {
        return proxy.backendConnections();
    }

    /** What was counted so far. */
    List<Request> requests() {
        return proxy.port().requests();
    }
}
