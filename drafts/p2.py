"""Recipes on 50,000 rows, scored on the other 10,000. usage: p2.py 'name|kwargs' ..."""
import sys, json, time, numpy as np
from functools import partial
from mnist_utils.data import load_dataset, prep_pixels
from mnist_utils.evaluation import finalize_models
from mnist_utils.quiet import keras
from keras import layers as L
def affine(rot=.03,shift=.08,zoom=.1,shear=.15):
    o={"fill_mode":"constant"}
    return [L.RandomRotation(rot,**o),L.RandomTranslation(shift,shift,**o),L.RandomZoom((-zoom,zoom),(-zoom,zoom),**o),*([L.RandomShear(shear,shear,**o)] if shear else [])]
def conv(f,k=3,**o):
    return [L.Conv2D(f,k,use_bias=False,kernel_initializer="he_uniform",**o),L.BatchNormalization(),L.ReLU()]
def deeper(w=32,drop=.4,dense=100):
    return [*conv(w),L.MaxPooling2D(),*conv(2*w),*conv(2*w),L.MaxPooling2D(),L.Flatten(),L.Dropout(drop),L.Dense(dense,use_bias=False),L.BatchNormalization(),L.ReLU(),L.Dropout(drop),L.Dense(10,activation="softmax")]
def deep4(w=32,drop=.4):
    return [*conv(w),L.MaxPooling2D(),*conv(2*w),*conv(2*w),L.MaxPooling2D(),*conv(4*w),L.Flatten(),L.Dropout(drop),L.Dense(10,activation="softmax")]
def body(w=32,drop=.4):
    return [*conv(w),*conv(w),L.MaxPooling2D(),*conv(2*w),*conv(2*w),L.MaxPooling2D(),L.Flatten(),L.Dropout(drop),L.Dense(128,use_bias=False),L.BatchNormalization(),L.ReLU(),L.Dropout(drop),L.Dense(10,activation="softmax")]
def strideA(w=32,drop=.4):
    return [*conv(w),*conv(w,3,strides=2),*conv(2*w),*conv(2*w,3,strides=2),L.Flatten(),L.Dropout(drop),L.Dense(128,use_bias=False),L.BatchNormalization(),L.ReLU(),L.Dropout(drop),L.Dense(10,activation="softmax")]
def tiny(a=8,b=10,c=14,d=14,e=20,drop=0.):
    return [*conv(a),*conv(b),L.MaxPooling2D(),*conv(c),*conv(d),L.MaxPooling2D(),*conv(e),L.GlobalAveragePooling2D(),*([L.Dropout(drop)] if drop else []),L.Dense(10,activation="softmax")]
def tiny2(a=12,b=16,c=16,d=16):
    return [*conv(a),L.MaxPooling2D(),*conv(b),*conv(c),L.MaxPooling2D(),*conv(d),L.Flatten(),L.Dense(10,activation="softmax")]
def persp(scale=.2):
    return [L.RandomPerspective(1.0,scale,fill_value=0.0)]
def define(parts, rate=2e-3, batch=64, smooth=0., n=50_000, opt="adam", epochs=8, aug=True, kw={}, wd=0., ak={}):
    m=keras.Sequential([keras.Input((28,28,1)),*((persp if "scale" in ak else affine)(**ak) if aug else []),*parts(**kw)])
    steps=epochs*-(-n//batch)
    s=keras.optimizers.schedules.CosineDecay(rate/20,steps-steps//10,warmup_target=rate,warmup_steps=steps//10)
    o={"adam":lambda:keras.optimizers.Adam(s),"adamw":lambda:keras.optimizers.AdamW(s,weight_decay=wd),"sgd":lambda:keras.optimizers.SGD(s,momentum=.9,nesterov=True)}[opt]()
    m.compile(o,keras.losses.CategoricalCrossentropy(label_smoothing=smooth),metrics=["accuracy"])
    return m
if __name__=="__main__":
    X,y,*_=load_dataset(); X,_=prep_pixels(X,X[:1])
    for arg in sys.argv[1:]:
        kw=eval(f"dict({arg})"); t=time.time(); batch=kw.get("batch",64); epochs=kw.get("epochs",8)
        rows=kw.pop("rows",50000)
        kw["n"]=rows
        got=finalize_models(partial(define,**kw),X[:rows],y[:rows],seeds=[1,2],epochs=epochs,batch_size=batch,verbose=0)
        ps=[m.predict(X[50000:],verbose=0,batch_size=500) for m,_ in got]; truth=y[50000:].argmax(1)
        acc=[100*float((p.argmax(1)==truth).mean()) for p in ps]; both=100*float((sum(ps).argmax(1)==truth).mean())
        line=dict(arg=arg,epochs=epochs,params=got[0][0].count_params(),acc=[round(a,2) for a in acc],mean=round(sum(acc)/2,3),both=round(both,2),train=round(100*got[0][1]["accuracy"][-1],2),sec=round(time.time()-t))
        print(line,flush=True); open("/tmp/pilot/log2","a").write(json.dumps(line)+"\n")
