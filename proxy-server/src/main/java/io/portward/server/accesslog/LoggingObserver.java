package io.portward.server.accesslog;

import io.portward.config.model.PortConfig;
import io.portward.core.observe.CertificateFacts;
import io.portward.core.observe.Observer;
import io.portward.core.observe.PortObserver;
import io.portward.core.observe.ServerObserver;
import io.portward.core.observe.TicketCounters;
import java.util.List;
import java.util.function.LongSupplier;

/** Puts the access log in front of another observer, on the ports that take part in it. Threading: as the other one. */
public final class LoggingObserver implements Observer {

    private final Observer counted;
    private final AccessLogWriter log;

    public LoggingObserver(Observer counted, AccessLogWriter log) {
        this.counted = counted;
        this.log = log;
    }

    @Override
    public PortObserver port(PortConfig port, TicketCounters tickets) {
        PortObserver observer = counted.port(port, tickets);
        if (!port.accessLog()) {
            return observer;
        }
        FailureLines failures = new FailureLines(port.listen().text(), System::nanoTime);
        log.follow(failures);
        return new LoggedPort(observer, log, failures);
    }

    @Override
    public ServerObserver server(String backend, String server) {
        return counted.server(backend, server);
    }

    @Override
    public void certificates(List<CertificateFacts> certificates) {
        counted.certificates(certificates);
    }

    @Override
    public void ticketKeyAge(LongSupplier ageSeconds) {
        counted.ticketKeyAge(ageSeconds);
    }
}
