package io.portward.core.upstream;

import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.portward.config.model.BackendConfig;
import io.portward.config.model.BackendTlsConfig;
import io.portward.config.model.ServerConfig;
import io.portward.config.pem.LoadedCertificate;
import io.portward.config.pem.PemException;
import io.portward.config.pem.PemLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * TLS towards the servers of one backend: whom it believes, and who it says it is. Read once, when the proxy starts.
 *
 * <p>Threading: immutable; any thread. {@link #loadAll} blocks on the file system.
 */
public final class BackendTls {

    /** Where distributions keep the authorities that the operator's other programs believe: Debian, Fedora, SUSE, Alpine. */
    private static final List<Path> SYSTEM_TRUST = List.of(
            Path.of("/etc/ssl/certs/ca-certificates.crt"),
            Path.of("/etc/pki/tls/certs/ca-bundle.crt"),
            Path.of("/etc/ssl/ca-bundle.pem"),
            Path.of("/etc/ssl/cert.pem"));

    /** As towards clients: the hybrid first protects recorded traffic against later quantum computers. */
    private static final String[] GROUPS = {"X25519MLKEM768", "X25519", "P-256", "P-384"};

    /** A resumed session is not verified again, so this is how long a certificate that was withdrawn still works. */
    private static final int SESSION_SECONDS = 3600;

    private static final char[] NO_PASSWORD = {};

    private final BackendTlsConfig config;
    private final TrustManagerFactory trust;
    private final @Nullable KeyManagerFactory identity;
    private final List<String> alpn;

    private BackendTls(
            BackendTlsConfig config,
            TrustManagerFactory trust,
            @Nullable KeyManagerFactory identity,
            List<String> alpn) {
        this.config = config;
        this.trust = trust;
        this.identity = identity;
        this.alpn = alpn;
    }

    /**
     * Reads the files that the backends with TLS name.
     *
     * @throws PemException when a file cannot be used
     */
    public static Map<String, BackendTls> loadAll(Iterable<BackendConfig> backends, PemLoader pem) throws PemException {
        Map<String, BackendTls> all = new TreeMap<>();
        for (BackendConfig backend : backends) {
            BackendTlsConfig config = backend.effectiveTls();
            if (config != null) {
                all.put(backend.name(), load(config, backend, pem));
            }
        }
        return all;
    }

    private static BackendTls load(BackendTlsConfig config, BackendConfig backend, PemLoader pem) throws PemException {
        try {
            return new BackendTls(
                    config,
                    config.verify() ? trust(config.trust(), pem) : InsecureTrustManagerFactory.INSTANCE,
                    config.certificate() == null || config.key() == null
                            ? null
                            : identity(pem.load(config.certificate(), config.key(), null)),
                    switch (backend.protocol()) {
                        case HTTP1, H2C -> List.of();
                        case HTTPS -> List.of(ApplicationProtocolNames.HTTP_1_1);
                        case H2 -> List.of(ApplicationProtocolNames.HTTP_2);
                    });
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("TLS to backend " + backend.name() + ": " + e.getMessage(), e);
        }
    }

    private static TrustManagerFactory trust(@Nullable Path file, PemLoader pem)
            throws PemException, GeneralSecurityException, IOException {
        Path source = file == null
                ? SYSTEM_TRUST.stream().filter(Files::isReadable).findFirst().orElse(null)
                : file;
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        // Without a file this is the JDK's own list.
        factory.init(source == null ? null : store(pem.loadAuthorities(source)));
        return factory;
    }

    private static KeyStore store(List<X509Certificate> authorities) throws GeneralSecurityException, IOException {
        KeyStore store = emptyStore();
        for (int i = 0; i < authorities.size(); i++) {
            store.setCertificateEntry(Integer.toString(i), authorities.get(i));
        }
        return store;
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static KeyManagerFactory identity(LoadedCertificate loaded) throws GeneralSecurityException, IOException {
        KeyStore store = emptyStore();
        store.setKeyEntry("portward", loaded.key(), NO_PASSWORD, loaded.chain().toArray(X509Certificate[]::new));
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, NO_PASSWORD);
        return factory;
    }

    /** For one server, with sessions of its own: a ticket of one server is nothing to another. */
    ServerTls towards(ServerConfig server) {
        SslContextBuilder builder = SslContextBuilder.forClient()
                .sslProvider(SslProvider.OPENSSL)
                .protocols("TLSv1.3", "TLSv1.2")
                .ciphers(Http2SecurityUtil.CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
                .option(OpenSslContextOption.GROUPS, GROUPS)
                .sessionTimeout(SESSION_SECONDS)
                .trustManager(trust)
                .endpointIdentificationAlgorithm(config.verify() ? "HTTPS" : null);
        if (identity != null) {
            builder.keyManager(identity);
        }
        if (!alpn.isEmpty()) {
            builder.applicationProtocolConfig(new ApplicationProtocolConfig(
                    Protocol.ALPN, SelectorFailureBehavior.NO_ADVERTISE, SelectedListenerFailureBehavior.ACCEPT, alpn));
        }
        try {
            SslContext context = builder.build();
            return new ServerTls(
                    context, config.nameOf(server), server.port(), alpn.contains(ApplicationProtocolNames.HTTP_2));
        } catch (SSLException e) {
            throw new IllegalStateException("BoringSSL refused a TLS context: " + e.getMessage(), e);
        }
    }
}
