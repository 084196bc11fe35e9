// A clock in Java, in one file without libraries.
//
//     fanout edge --port 7999 --route '* localhost:9005' &
//     java Clock.java &
//     curl -N http://localhost:7999/

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.LocalTime;

public class Clock {
  public static void main(String[] arguments) throws IOException, InterruptedException {
    // What stands behind a question mark is for those who check the proxy's signature, which a clock need not.
    String proxy = System.getenv().getOrDefault("GRIP_URL", "http://localhost:5561").split("\\?")[0];
    int port = Integer.parseInt(System.getenv().getOrDefault("PORT", "9005"));

    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
    server.createContext("/", exchange -> {
      // Hold: the proxy keeps the client's connection open on channel `time`; ours ends here.
      exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
      exchange.getResponseHeaders().set("Grip-Hold", "stream");
      exchange.getResponseHeaders().set("Grip-Channel", "time");
      exchange.sendResponseHeaders(200, -1);
      exchange.close();
    });
    server.start();

    HttpClient client = HttpClient.newHttpClient();
    while (true) {
      // Publish: one request, whoever listens.
      String item = "{\"items\":[{\"channel\":\"time\",\"formats\":{\"http-stream\":{\"content\":\"data: "
          + LocalTime.now() + "\\n\\n\"}}}]}";
      HttpRequest request = HttpRequest.newBuilder(URI.create(proxy + "/publish/"))
          .POST(HttpRequest.BodyPublishers.ofString(item)).build();
      client.send(request, HttpResponse.BodyHandlers.discarding());
      Thread.sleep(1000);
    }
  }
}
