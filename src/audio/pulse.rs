//! Sound through PulseAudio, or PipeWire, which speaks the same: over a socket, without a library of the system.

use std::ffi::CString;
use std::io::{BufRead, BufReader, Cursor, ErrorKind, Read};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use pulseaudio::protocol::{self, Command, ProtocolError};

use super::sink::{Sink, SinkError};
use super::{Frame, RATE};

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long is waited for it to want more.
const A_LITTLE: Duration = Duration::from_millis(10);
const BYTES: usize = size_of::<Frame>();
/// How much sound the server keeps in store: 80 ms. It would be two seconds if nothing were said.
const IN_STORE: u32 = RATE / 1000 * 80 * BYTES as u32;
/// A longer message is none of ours.
const LONGEST: u32 = 1 << 20;

/// The file with the secret by which the server knows its user, where there is one.
pub fn cookie_path() -> Option<PathBuf> {
    pulseaudio::cookie_path_from_env()
}

/// A stream to the sound server.
#[derive(Debug)]
pub struct Pulse {
    socket: BufReader<UnixStream>,
    version: u16,
    channel: u32,
    /// Bytes that the server wanted and was not given.
    wanted: usize,
    /// Frames that it wanted so far, that it keeps in store, and that it was given.
    asked: u64,
    store: u64,
    given: u64,
}

impl Pulse {
    /// Finds the server where the environment says and opens a stream. The cookie may be empty.
    ///
    /// # Errors
    /// When there is no server, or it does not let us play.
    pub fn open(cookie: Vec<u8>) -> Result<Pulse, SinkError> {
        let path = pulseaudio::socket_path_from_env().ok_or(SinkError::NoServer)?;
        let socket = UnixStream::connect(path).map_err(|_| SinkError::NoServer)?;
        Pulse::on(socket, cookie)
    }

    /// Opens a stream on a socket.
    ///
    /// # Errors
    /// When the server does not let us play, or does not answer within two seconds.
    pub fn on(socket: UnixStream, cookie: Vec<u8>) -> Result<Pulse, SinkError> {
        socket.set_read_timeout(Some(PATIENCE)).map_err(left)?;
        socket.set_write_timeout(Some(PATIENCE)).map_err(left)?;
        let mut socket = BufReader::new(socket);
        let mut version = protocol::MAX_VERSION;
        let auth = protocol::AuthParams { version, supports_shm: false, supports_memfd: false, cookie };
        let reply: protocol::AuthReply = asked(&mut socket, 0, &Command::Auth(auth), version)?;
        version = version.min(reply.version);
        let mut about = protocol::Props::new();
        about.set(protocol::Prop::ApplicationName, c"Tunesmith");
        let _: protocol::SetClientNameReply = asked(&mut socket, 1, &Command::SetClientName(about), version)?;
        let reply: protocol::CreatePlaybackStreamReply =
            asked(&mut socket, 2, &Command::CreatePlaybackStream(stream()), version)?;
        let store = u64::from(reply.buffer_attr.target_length) / BYTES as u64;
        let wanted = reply.requested_bytes as usize;
        socket.get_ref().set_read_timeout(Some(A_LITTLE)).map_err(left)?;
        let frames = (wanted / BYTES) as u64;
        Ok(Pulse { socket, version, channel: reply.channel, wanted, asked: frames, store, given: 0 })
    }

    /// Reads a message if one comes within a little; whether one came.
    fn listen(&mut self) -> Result<bool, SinkError> {
        match self.socket.fill_buf() {
            Ok([]) => return Err(SinkError::Server(String::from("it has left"))),
            Ok(_) => {}
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
                ) =>
            {
                return Ok(false);
            }
            Err(error) => return Err(left(error)),
        }
        // Once it has begun the rest is on its way.
        self.socket.get_ref().set_read_timeout(Some(PATIENCE)).map_err(left)?;
        let descriptor = protocol::read_descriptor(&mut self.socket).map_err(refused)?;
        if descriptor.length > LONGEST {
            return Err(SinkError::Server(String::from("it sent what cannot be understood")));
        }
        let mut message = vec![0; descriptor.length as usize];
        self.socket.read_exact(&mut message).map_err(left)?;
        self.socket.get_ref().set_read_timeout(Some(A_LITTLE)).map_err(left)?;
        // What is new to us (a stream that was moved, say) does not concern us.
        match Command::read_tag_prefixed(&mut Cursor::new(message), self.version) {
            Ok((_, Command::Request(request))) if request.channel == self.channel => {
                self.wanted += request.length as usize;
                self.asked += u64::from(request.length) / BYTES as u64;
            }
            Ok((_, Command::PlaybackStreamKilled(_))) => {
                return Err(SinkError::Server(String::from("it ended the stream")));
            }
            Ok((_, Command::Error(error))) => return Err(SinkError::Server(error.to_string())),
            _ => {}
        }
        Ok(true)
    }
}

impl Sink for Pulse {
    fn name(&self) -> &str {
        "PulseAudio"
    }

    fn wanted(&mut self) -> Result<usize, SinkError> {
        while self.wanted < BYTES && self.listen()? {}
        Ok(self.wanted / BYTES)
    }

    fn give(&mut self, block: &[Frame]) -> Result<(), SinkError> {
        let bytes: Vec<u8> = block.iter().flatten().flat_map(|value| value.to_le_bytes()).collect();
        if !bytes.is_empty() {
            protocol::write_memblock(self.socket.get_mut(), self.channel, &bytes, 0).map_err(refused)?;
        }
        self.wanted = self.wanted.saturating_sub(bytes.len());
        self.given += block.len() as u64;
        Ok(())
    }

    fn waiting(&self) -> u64 {
        // It asks for as much as it has played, so as to keep its store full.
        let played = self.asked.saturating_sub(self.store);
        self.given.saturating_sub(played)
    }

    fn halt(&mut self) {
        // If it cannot be told, it has left, and is silent, too.
        let delete = Command::DeletePlaybackStream(self.channel);
        let _ = protocol::write_command_message(self.socket.get_mut(), 3, &delete, self.version);
    }
}

/// What is asked for: stereo, and little in store, so that what is heard is near to what is shown.
fn stream() -> protocol::PlaybackStreamParams {
    let mut about = protocol::Props::new();
    about.set(protocol::Prop::MediaName, c"a lead sheet");
    protocol::PlaybackStreamParams {
        sample_spec: protocol::SampleSpec {
            format: protocol::SampleFormat::Float32Le,
            channels: 2,
            sample_rate: RATE,
        },
        channel_map: protocol::ChannelMap::stereo(),
        sink_name: Some(CString::from(protocol::DEFAULT_SINK)),
        buffer_attr: protocol::stream::BufferAttr {
            max_length: u32::MAX,
            target_length: IN_STORE,
            pre_buffering: u32::MAX,
            minimum_request_length: u32::MAX,
            fragment_size: u32::MAX,
        },
        flags: protocol::stream::StreamFlags { adjust_latency: true, ..Default::default() },
        props: about,
        ..Default::default()
    }
}

fn asked<T: protocol::CommandReply>(
    socket: &mut BufReader<UnixStream>,
    number: u32,
    command: &Command,
    version: u16,
) -> Result<T, SinkError> {
    protocol::write_command_message(socket.get_mut(), number, command, version).map_err(refused)?;
    protocol::read_reply_message(socket, version).map(|(_, reply)| reply).map_err(refused)
}

fn left(error: std::io::Error) -> SinkError {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => SinkError::Server(String::from("it does not answer")),
        _ => SinkError::Server(error.to_string()),
    }
}

fn refused(error: ProtocolError) -> SinkError {
    match error {
        ProtocolError::Io(error) => left(error),
        other => SinkError::Server(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{AuthReply, CreatePlaybackStreamReply, SetClientNameReply, stream::BufferAttr};

    const CHANNEL: u32 = 7;
    /// Frames in the server's store.
    const STORE: u32 = 100;

    /// The other end: lets a client in, then does what the test wants.
    fn server(then: impl FnOnce(BufReader<UnixStream>) + Send + 'static) -> UnixStream {
        let (ours, theirs) = UnixStream::pair().expect("a pair of sockets");
        std::thread::spawn(move || {
            let mut socket = BufReader::new(theirs);
            let (number, auth) =
                protocol::read_command_message(&mut socket, protocol::MAX_VERSION).expect("auth");
            assert!(matches!(auth, Command::Auth(auth) if auth.cookie == b"secret"));
            // An older server than the client knows.
            let reply = AuthReply { version: 32, ..AuthReply::default() };
            protocol::write_reply_message(socket.get_mut(), number, &reply, 32).expect("a reply");
            let (number, name) = protocol::read_command_message(&mut socket, 32).expect("a name");
            assert!(matches!(name, Command::SetClientName(_)));
            let reply = SetClientNameReply { client_id: 1 };
            protocol::write_reply_message(socket.get_mut(), number, &reply, 32).expect("a reply");
            let (number, stream) = protocol::read_command_message(&mut socket, 32).expect("a stream");
            assert!(matches!(stream, Command::CreatePlaybackStream(asked)
                if asked.sample_spec.sample_rate == RATE && asked.buffer_attr.target_length == IN_STORE));
            let store = STORE * BYTES as u32;
            let reply = CreatePlaybackStreamReply {
                channel: CHANNEL,
                requested_bytes: store,
                buffer_attr: BufferAttr { target_length: store, ..BufferAttr::default() },
                sample_spec: super::stream().sample_spec,
                channel_map: super::stream().channel_map,
                ..CreatePlaybackStreamReply::default()
            };
            protocol::write_reply_message(socket.get_mut(), number, &reply, 32).expect("a reply");
            then(socket);
        });
        ours
    }

    /// The values of the next block.
    fn block(socket: &mut BufReader<UnixStream>) -> Vec<f32> {
        let descriptor = protocol::read_descriptor(socket).expect("a block");
        assert_eq!(descriptor.channel, CHANNEL);
        let mut bytes = vec![0; descriptor.length as usize];
        socket.read_exact(&mut bytes).expect("a whole block");
        bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect()
    }

    fn tell(socket: &mut BufReader<UnixStream>, command: &Command) {
        protocol::write_command_message(socket.get_mut(), u32::MAX, command, 32).expect("a command");
    }

    /// What is wanted, when it has come.
    fn wanted(pulse: &mut Pulse) -> Result<usize, SinkError> {
        for _ in 0..200 {
            match pulse.wanted()? {
                0 => {}
                frames => return Ok(frames),
            }
        }
        Ok(0)
    }

    #[test]
    fn the_server_gets_what_it_asks_for() {
        let ours = server(|mut socket| {
            assert_eq!(block(&mut socket), [[0.25_f32, -0.5]; STORE as usize].concat());
            tell(&mut socket, &Command::Started(CHANNEL));
            // For another stream, then for ours.
            for (channel, frames) in [(CHANNEL + 1, 5), (CHANNEL, 30)] {
                let length = frames * BYTES as u32;
                tell(&mut socket, &Command::Request(protocol::Request { channel, length }));
            }
            assert_eq!(block(&mut socket).len(), 2 * 30);
            let (_, end) = protocol::read_command_message(&mut socket, 32).expect("the end");
            assert!(matches!(end, Command::DeletePlaybackStream(CHANNEL)));
            tell(&mut socket, &Command::PlaybackStreamKilled(CHANNEL));
        });
        let mut pulse = Pulse::on(ours, b"secret".to_vec()).expect("a stream");
        assert_eq!(pulse.wanted(), Ok(STORE as usize));
        pulse.give(&[[0.25, -0.5]; STORE as usize]).expect("it is taken");
        assert_eq!(pulse.waiting(), u64::from(STORE));
        assert_eq!(wanted(&mut pulse), Ok(30));
        pulse.give(&[[0.0; 2]; 30]).expect("it is taken");
        // 30 of the first hundred have been heard.
        assert_eq!(pulse.waiting(), 100);
        pulse.halt();
        let error = wanted(&mut pulse).expect_err("the stream is gone");
        assert!(error.to_string().contains("ended the stream"), "{error}");
    }

    #[test]
    fn a_server_that_leaves_or_sends_nonsense_is_an_error() {
        let mut pulse = Pulse::on(server(drop), b"secret".to_vec()).expect("a stream");
        pulse.wanted = 0;
        assert!(wanted(&mut pulse).is_err());
        let nonsense = |mut socket: BufReader<UnixStream>| {
            let _ = std::io::Write::write_all(socket.get_mut(), &[0xff; 64]);
        };
        let mut pulse = Pulse::on(server(nonsense), b"secret".to_vec()).expect("a stream");
        pulse.wanted = 0;
        assert!(wanted(&mut pulse).is_err());
        let (ours, theirs) = UnixStream::pair().expect("a pair of sockets");
        drop(theirs);
        assert!(Pulse::on(ours, Vec::new()).is_err());
    }
}
