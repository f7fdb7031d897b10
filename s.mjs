import http from 'node:http';
const srv=http.createServer((q,r)=>{const p=q.url;
 if(p.startsWith('/r')){r.writeHead(302,{location:'/ok#x'});return r.end('redir')}
 if(p.startsWith('/999')){r.writeHead(999,'odd');return r.end('x')}
 if(p.startsWith('/unk')){r.writeHead(200,{'content-encoding':'foo'});return r.end('raw')}
 let b='';q.on('data',d=>b+=d);q.on('end',()=>{r.setHeader('set-cookie',['a=1','b=2']);r.end(JSON.stringify({m:q.method,u:q.url,h:q.headers,b}))})}).listen(0,'127.0.0.1');
await new Promise(r=>srv.on('listening',r));const o='http://127.0.0.1:'+srv.address().port;
async function show(name,f){try{const r=await f();console.log(name,r.status,r.statusText,r.url,r.redirected,r.type,[...r.headers].map(x=>x.join('=')).join('; '),(await r.text()).slice(0,400))}catch(e){console.log(name,'ERR',e?.name,e?.message,'cause',e?.cause?.name,e?.cause?.code,e?.cause?.message)}}
await show('ok',()=>fetch(o+'/ok#frag'));
await show('manual',()=>fetch(o+'/r',{redirect:'manual'}));
await show('follow',()=>fetch(o+'/r'));
await show('error',()=>fetch(o+'/r',{redirect:'error'}));
await show('999',()=>fetch(o+'/999'));
await show('unk',()=>fetch(o+'/unk'));
await show('num',()=>fetch(o+'/ok',{method:'POST',body:5}));
await show('obj',()=>fetch(o+'/ok',{method:'POST',body:{}}));
await show('iter',()=>fetch(o+'/ok',{method:'POST',body:(async function*(){yield 'abc'})()}));
await show('iterduplex',()=>fetch(o+'/ok',{method:'POST',duplex:'half',body:(async function*(){yield 'abc';yield new Uint8Array([65])})()}));
await show('cl',()=>fetch(o+'/ok',{method:'POST',body:'abc',headers:{'content-length':'3'}}));
await show('clbad',()=>fetch(o+'/ok',{method:'POST',body:'abc',headers:{'content-length':'4'}}));
await show('clstream',()=>fetch(o+'/ok',{method:'POST',duplex:'half',body:new Blob(['abc']).stream(),headers:{'content-length':'3'}}));
await show('te',()=>fetch(o+'/ok',{method:'POST',body:'abc',headers:{'transfer-encoding':'chunked'}}));
await show('get cl',()=>fetch(o+'/ok',{headers:{'content-length':'3'}}));
await show('get cl0',()=>fetch(o+'/ok',{headers:{'content-length':'0'}}));
await show('ctl',()=>fetch(o+'/ok',{headers:{'x':'a\x01b'}}));
await show('uni',()=>fetch(o+'/ok',{headers:{'x':'é'}}));
await show('badhdr',()=>fetch(o+'/ok',{headers:{'x y':'1'}}));
await show('connect',()=>fetch(o+'/ok',{method:'CONNECT'}));
await show('rel',()=>fetch('/ok'));
await show('cred',()=>fetch('http://a:b@x/'));
await show('scheme',()=>fetch('foo://x/'));
await show('data',()=>fetch('data:,hi'));
await show('port0',()=>fetch('http://127.0.0.1:0/'));
await show('port1',()=>fetch('http://127.0.0.1:1/'));
await show('refused',()=>fetch('http://127.0.0.1:4/'));
await show('host hdr',()=>fetch(o+'/ok',{headers:{host:'x.y'}}));
await show('aborted',()=>fetch(o+'/ok',{signal:AbortSignal.abort()}));
await show('abortedreason',()=>fetch(o+'/ok',{signal:AbortSignal.abort('why')}));
await show('getbody',()=>fetch(o+'/ok',{body:'x'}));
await show('badredirect',()=>fetch(o+'/ok',{redirect:'x'}));
await show('badsignal',()=>fetch(o+'/ok',{signal:{}}));
await show('noargs',()=>fetch());
await show('sri',()=>fetch(o+'/ok',{integrity:'sha256-abc'}));
await show('sriunknown',()=>fetch(o+'/ok',{integrity:'md5-abc'}));
const e=new Error('mine');
await show('upl err',()=>fetch(o+'/ok',{method:'POST',duplex:'half',body:new ReadableStream({pull(c){c.error(e)}})}));
const c=new AbortController();const r=await fetch(o+'/ok',{signal:c.signal});c.abort();await show('late abort',()=>r);
const r5=await fetch(o+'/ok');try{r5.headers.set('a','b')}catch(x){console.log('immut',x.message)}
console.log(Object.keys(r5), r5);
srv.close();srv.closeAllConnections();
