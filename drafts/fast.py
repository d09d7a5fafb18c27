import sys, time, json; sys.path.insert(0,'/tmp/pilot')
from p2 import *
X,y,*_=load_dataset(); X,_=prep_pixels(X,X[:1]); t10=y[50000:].argmax(1)
def fast(n,epochs,batch,rate,a=24,b=48,c=64,kind=0):
    body={0:lambda:[*conv(a,5,strides=2),*conv(b),L.MaxPooling2D(),*conv(c),L.Flatten()],
          1:lambda:[*conv(a,5,strides=2),*conv(b,3,strides=2),*conv(c),L.Flatten()],
          2:lambda:[*conv(a,3),L.MaxPooling2D(),*conv(b),L.MaxPooling2D(),*conv(c),L.Flatten()],
          3:lambda:[*conv(a,5,strides=2),*conv(b),*conv(c,3,strides=2),L.Flatten()]}[kind]
    m=keras.Sequential([keras.Input((28,28,1)),*body(),L.Dense(10,activation="softmax")])
    steps=epochs*-(-n//batch)
    s=keras.optimizers.schedules.CosineDecay(rate/20,steps-steps//5,warmup_target=rate,warmup_steps=steps//5)
    m.compile(keras.optimizers.Adam(s),"categorical_crossentropy",metrics=["accuracy"])
    return m
for kw in [dict(),dict(kind=3),dict(kind=2),dict(kind=1),dict(batch=128),dict(a=16,b=32,c=48),dict(rate=5e-3)]:
    o=dict(epochs=3,batch=256,rate=1e-2)|kw
    acc=[];sec=[];cpu=[]
    for seed in (1,2,3):
        keras.utils.set_random_seed(seed); t=time.perf_counter(); c0=time.process_time()
        m=fast(50000,**o); m.fit(X[:50000],y[:50000],epochs=o["epochs"],batch_size=o["batch"],verbose=0)
        sec.append(round(time.perf_counter()-t,1)); cpu.append(round(time.process_time()-c0,1)); acc.append(round(100*float((m.predict(X[50000:],verbose=0,batch_size=500).argmax(1)==t10).mean()),2))
    line=dict(o=o,params=m.count_params(),acc=acc,sec=sec,cpu=cpu); print(line,flush=True)
