package io.portward.core.observe;

/** Takes what is to be recorded of requests and connections. Threading: any thread; never blocks and never throws. */
public interface AccessLog {

    void add(AccessRecord line);
}
