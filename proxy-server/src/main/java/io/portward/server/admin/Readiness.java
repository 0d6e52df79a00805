package io.portward.server.admin;

/** Whether this process should get traffic. Threading: any thread. */
public final class Readiness {

    /** The stages in the life of the process; it never goes back. */
    public enum Stage {
        /** Certificates are being loaded, ports are being bound. */
        STARTING("starting"),
        /** Every port accepts. */
        READY("ready"),
        /** Told to stop: no new connections, open ones finish. */
        DRAINING("draining");

        private final String text;

        Stage(String text) {
            this.text = text;
        }

        String text() {
            return text;
        }
    }

    private volatile Stage stage = Stage.STARTING;

    public void become(Stage next) {
        stage = next;
    }

    public Stage stage() {
        return stage;
    }
}
