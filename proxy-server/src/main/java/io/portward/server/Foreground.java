package io.portward.server;

import io.portward.config.pem.PemLoader;
import io.portward.config.validate.Problem;
import io.portward.config.yaml.LoadedConfig;
import io.portward.core.connection.StartException;
import io.portward.core.transport.Transport;
import io.portward.server.logging.Logging;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What {@code run} and {@code demo} share: event loops and signals around one {@link ProxyProcess}.
 *
 * <p>Threading: one thread, which waits while others serve. Ownership: owns the transport; closing ends its loops and gives the signals back.
 */
final class Foreground implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(Foreground.class);

    /** The loops have nothing left to do by then; they get this long to notice. */
    private static final int LOOPS_END_SECONDS = 5;

    private final PrintWriter err;
    private final StopSignals signals = new StopSignals(() -> System.exit(Main.OK));
    private final Transport transport = Transport.open();

    Foreground(PrintWriter err) {
        this.err = err;
    }

    Transport transport() {
        return transport;
    }

    /**
     * Serves until a signal ends it.
     *
     * @param whenReady runs after the line that says so
     * @throws StartException with one line for the operator
     */
    void serve(LoadedConfig loaded, PemLoader pem, Runnable whenReady) throws StartException {
        Logging.apply(loaded.configuration().log());
        List<Problem> warnings = loaded.warningsAtStart();
        warnings.forEach(warning -> LOGGER.warn("{}", warning));
        int others = loaded.warnings().size() - warnings.size();
        if (others > 0) {
            LOGGER.info("warnings about choices of the file, left to `portward check`: {}", others);
        }
        try (ProxyProcess process = ProxyProcess.start(loaded.configuration(), pem, transport)) {
            signals.attach(process);
            err.println(process.readyLine());
            err.flush();
            whenReady.run();
            process.awaitStop();
        } catch (CompletionException e) {
            throw new IllegalStateException("draining failed: " + e.getCause(), e);
        }
        LOGGER.info("stopped");
    }

    @Override
    public void close() {
        if (!transport.close().awaitUninterruptibly(LOOPS_END_SECONDS, TimeUnit.SECONDS)) {
            LOGGER.warn("event loops still busy after {} s", LOOPS_END_SECONDS);
        }
        // Last, so that a second signal on the way out does not end the process with the JVM's own exit code.
        signals.close();
    }
}
