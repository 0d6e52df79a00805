package io.portward.core.transport;

/** User event: the process is stopping. Finish what runs, begin nothing new, then close. */
public enum DrainEvent {
    INSTANCE
}
