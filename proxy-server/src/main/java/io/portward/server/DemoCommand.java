package io.portward.server;

import io.portward.config.pem.PemLoader;
import io.portward.config.validate.ConfigurationException;
import io.portward.config.yaml.ConfigLoader;
import io.portward.config.yaml.LoadedConfig;
import io.portward.core.connection.StartException;
import io.portward.server.demo.Demo;
import java.io.PrintWriter;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code portward demo}: everything Portward does, with nothing to configure. */
@Command(
        name = "demo",
        description =
                "Serve 127.0.0.1:8443 (https), 8080 (redirect), 8993 (imaps) and 9180 (admin) with throw-away certificates.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:stopped by a signal", "1:could not start, or died"})
final class DemoCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws ConfigurationException, StartException {
        PrintWriter out = spec.commandLine().getOut();
        try (Foreground foreground = new Foreground(spec.commandLine().getErr());
                Demo demo = Demo.prepare(foreground.transport())) {
            // Without its warnings: every port of the demo is an unusual one, on purpose.
            LoadedConfig loaded = new LoadedConfig(
                    new ConfigLoader().load(demo.configuration()).configuration(), List.of());
            foreground.serve(
                    loaded,
                    new PemLoader(Clock.systemUTC(), false),
                    () -> demo.hints().forEach(out::println));
        } catch (StartException e) {
            throw Demo.explain(e);
        }
        return Main.OK;
    }
}
